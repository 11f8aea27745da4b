"""mlcli attention: each line of softmax(Q Kᵀ / √d_k) V as a step, layers of a Transformer, and what holds of them."""

from typing import Annotated

import typer

from mlcli.commands.attention_options import Block, Proof, Rule, Source, View
from mlcli.commands.attention_single import lesson_of_matrices, lesson_of_tokens
from mlcli.commands.options import command, program
from mlcli.render.show import PlottedOutput, show

app = program()


@command(
    app,
    examples=(
        'mlcli attention "the cat sat on the mat" --query cat --mask causal',
        'mlcli attention "the cat sat on the mat" --block encoder --heads 2',
        "mlcli attention --image sample_data/image.png --patch 7",
        'mlcli attention "the cat sat on the mat" --prove shuffle',
        "mlcli attention --weights sample_data/run-odd --set 1",
    ),
)
def attention(
    text: Annotated[str | None, typer.Argument(help='A sentence: "the cat sat on the mat".')] = None,
    source: Source = Source(),
    rule: Rule = Rule(),
    view: View = View(),
    block: Block = Block(),
    proof: Proof = Proof(),
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Follow a sentence through attention: queries, keys, values, scores, mask, softmax, weighted average."""
    block.refuse_without_block()
    view.refuse_without_weights()
    document = output.json or any(path.suffix.lower() == ".json" for path in output.out)
    # what a plain attention has no use for is loaded where it is asked for: it would take two fifths of the time
    if proof.prove is not None or proof.edges is not None:
        from mlcli.commands.attention_proofs import lesson_of_proof

        lesson = lesson_of_proof(proof, text, source, rule, block, view)
    elif view.weights is not None:
        from mlcli.commands.attention_trained import lesson_of_trained

        lesson = lesson_of_trained(text, source, rule, view, block)
    elif block.block is not None:
        from mlcli.commands.attention_block import lesson_of_block

        lesson = lesson_of_block(block, text, source, rule, view, document)
    elif source.qkv is not None:
        lesson = lesson_of_matrices(text, source, rule, view, document)
    else:
        lesson = lesson_of_tokens(text, source, rule, view, document)
    show(lesson, output)
