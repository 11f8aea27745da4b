"""What attends, and to what, in mlcli attention: a text, a picture in patches, or matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.commands.attention_options import D_MODEL, D_MODEL_OF_PICTURE, Source
from mlcli.commands.options import refuse_given
from mlcli.core.attention import refuse_too_many
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import refuse_uneven
from mlcli.core.patches import PatchEmbedding, embed_patches, names
from mlcli.core.positions import distances, sinusoidal, with_positions
from mlcli.core.tokens import embed, label, repeated, tokenize
from mlcli.lessons.attention_input import DRAWN, Origin, context_step, picture_steps, text_steps
from mlcli.readers.attention import QKVInput, read_qkv
from mlcli.readers.embeddings import read_embeddings
from mlcli.readers.images import read_image
from mlcli.readers.resizing import fitted
from mlcli.readers.texts import read_text

LONGEST_TITLE = 40  # characters of a sentence
SIDE = 224  # pixels of the pictures that ViT takes


@dataclass(frozen=True, eq=False)
class Given:
    """The input as numbers, and how it is told.

    Args:
        tokens: what --query may name.
        E, P: embeddings and positions of the queries; P is None without positions.
        C: the context's embeddings with their positions; None for self-attention.
        patches: those of a picture.
    """

    origin: Origin
    tokens: tuple[str, ...]
    E: NDArray[np.float64]
    P: NDArray[np.float64] | None = None
    C: NDArray[np.float64] | None = None
    patches: PatchEmbedding | None = None

    @property
    def X(self) -> NDArray[np.float64]:
        """What attention gets."""
        return self.E if self.P is None else self.E + self.P


def read_tokens(text: str | None, source: Source, heads: int, layers: int, positions: bool, seed: int) -> Given:
    """A text or a picture, refused before anything is computed where it has too many tokens.

    Args:
        positions: whether they are added where nobody says.

    Raises:
        InputError: no input or several, options that do not go together; see the readers, `tokenize`, `embed_patches`.
    """
    if sum(given is not None for given in (text, source.file, source.image)) != 1:
        hint = 'mlcli attention "the cat sat on the mat"'
        raise InputError("give either a sentence, --file, --image or --qkv", hint=hint)
    if source.image is not None:
        return _picture(source, heads, layers, seed)
    for name, given in {"--size": source.size is not None, "--patch": source.patch != Source.patch}.items():
        if given:
            raise InputError("is for pictures", name, "add --image FILE, or leave it out")
    whole = read_text(source.file) if source.file is not None else str(text)
    tokens = tokenize(whole, source.by)
    context = None if source.context is None else tokenize(source.context, source.by)
    refuse_too_many(heads * layers * len(tokens), len(context or tokens))
    every = tokens + (context or ())
    vectors, drawn, read = _vectors(every, source, heads, seed)
    E, C = vectors[: len(tokens)], vectors[len(tokens) :]
    if source.positions is not None:
        positions = source.positions
    positioned = with_positions(E) if positions else None
    near = distances(positioned.P) if positioned else ()
    if positions and context:
        C = C + sinusoidal(*C.shape)
    labels, keys = label(tokens), label(context or tokens)
    steps = text_steps(E, labels, positioned, near)
    if context:
        steps += (context_step(C, keys, positions),)
    name = source.file.rpartition("/")[2] if source.file is not None else f'"{_shortened(whole)}"'
    if source.context is not None:
        name += f' and the context "{_shortened(source.context)}"'
    same = () if positions else repeated(tokens)
    origin = Origin(name, labels, keys, steps, drawn, read, same, seed=seed)
    return Given(origin, tokens, E, positioned.P if positioned else None, C if context else None)


def read_matrices(source: Source) -> tuple[QKVInput, Origin]:
    """--qkv, and how it is told.

    Raises:
        InputError: another option of the input beside it; see `read_qkv`.
    """
    refuse_given(source, "goes with a sentence, not with --qkv", ("qkv",))
    given = read_qkv(str(source.qkv))
    return given, Origin(given.name, given.queries, given.keys, (), read=given.read)


def _vectors(
    tokens: tuple[str, ...], source: Source, heads: int, seed: int
) -> tuple[NDArray[np.float64], str, tuple[str, ...]]:
    """A row for each token, what was drawn, and what was read."""
    if source.embeddings is None:
        d_model = source.d_model or D_MODEL
        refuse_uneven(d_model, heads)
        return embed(tokens, d_model, seed), DRAWN, ()
    found = read_embeddings(source.embeddings, tokens)
    width = found.values.shape[1]
    if source.d_model not in (None, width):
        raise InputError(f"the vectors of {found.name} have {width} numbers", "--d-model", "leave it out")
    refuse_uneven(width, heads)
    return found.values, "", found.read


def _picture(source: Source, heads: int, layers: int, seed: int) -> Given:
    refuse_given(source, "goes with a text, not with --image", ("image", "patch", "size", "d_model"))
    image = read_image(str(source.image))
    values, read = image.values, image.read
    if source.size is not None:
        values, done = fitted(values, source.size, source.size)
        read += done
    elif min(values.shape[1:]) > SIDE and _too_many(values, source, heads * layers):
        values, done = fitted(values, SIDE, SIDE)
        read += (*done, f"as it is, it would have too many patches; --size takes another size than ViT's {SIDE}×{SIDE}")
    if refused := _too_many(values, source, heads * layers):
        hint = "a smaller --size or a larger --patch makes fewer patches"
        raise InputError(refused.message, str(source.image), hint) from refused
    H, W = values.shape[1:]
    P = source.patch
    rows, columns = H // P, W // P
    d_model = source.d_model or D_MODEL_OF_PICTURE
    refuse_uneven(d_model, heads)
    embedding = embed_patches(values, P, d_model, seed)
    if (H, W) != (rows * P, columns * P):
        read += (f"{H}×{W} pixels cut to {rows * P}×{columns * P}, as a patch is {P}×{P}",)
    tokens = names(embedding)
    origin = Origin(
        image.name, tokens, tokens, picture_steps(embedding),
        "W_E from N(0, 1/(C·P·P)), the class token from N(0, 1), positions from N(0, 0.02²)",
        read, grid=(embedding.rows, embedding.columns), seed=seed,
    )  # fmt: skip
    E = np.vstack([embedding.class_token, embedding.E])
    return Given(origin, tokens, E, embedding.positions, patches=embedding)


def _too_many(values: NDArray[np.float64], source: Source, times: int) -> InputError | None:
    """What is said where the patches of a picture, and the class token, would be too many.

    Args:
        times: how often all of them attend: heads × layers.
    """
    _, H, W = values.shape
    tokens = (H // source.patch) * (W // source.patch) + 1
    try:
        refuse_too_many(times * tokens, tokens)
    except InputError as error:
        return error
    return None


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"
