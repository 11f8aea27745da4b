"""A training on its way, in the folder of --save: what was asked for, and the last state of each seed.

    checkpoints/training-HASH.json         model, settings, data, seeds
    checkpoints/seed-N-HASH.safetensors    a state; a later one has another name, so that no file ever changes
    checkpoints/SHA256SUMS                 which files count: replaced last and in one go, which makes the new state
                                           the one that is kept
    metrics.csv                            the epochs so far

Whenever the power fails, SHA256SUMS names files that are whole. HASH is the beginning of the file's SHA-256.
"""

import dataclasses
import json
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from mlcli.core.errors import InputError, RequestFailed
from mlcli.files import STAGED, write_all
from mlcli.training.devices import Device
from mlcli.training.metrics import METRICS, metrics
from mlcli.training.pace import Every, every
from mlcli.training.registry import MODELS
from mlcli.training.settings import Settings
from mlcli.training.state import State, from_bytes
from mlcli.training.sums import SUMS, read_sums, sha256, write_sums

SCHEMA = "mlcli.training/1"
CHECKPOINTS = "checkpoints"
NAME = re.compile(r"(training|seed-(0|[1-9]\d{0,18}))-([0-9a-f]{12})\.(json|safetensors)")
LARGEST = 8 * 2**30  # bytes of a file that is read
MOST_SEEDS = 100_000
EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Plan:
    """What was asked for.

    Args:
        threads: of torch; another number adds in another order.
        source: where the data came from, as `commands/train_source.py` reads it again.
        sha256: of the data.
        versions: of the libraries that the numbers depend on.
        every: how often the state is kept, as the user said it.
        watch_gradients: their norms are noted.
        device: as torch calls it.
        mixed_precision: large products have 16 bits.
    """

    settings: Settings
    seeds: tuple[int, ...]
    threads: int
    source: Any
    sha256: str
    versions: Mapping[str, str]
    every: str
    watch_gradients: bool = False
    device: Device = "cpu"
    mixed_precision: bool = False

    @property
    def pace(self) -> Every:
        """How often the state is kept."""
        return every(self.every)

    def to_bytes(self) -> bytes:
        """As JSON."""
        plain = {"schema": SCHEMA, "model": self.settings.model} | {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        plain["settings"] = dataclasses.asdict(self.settings)
        return (json.dumps(plain, indent=2) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Plan":
        """
        Raises:
            ValueError, KeyError, TypeError, RecursionError, InputError: it is no such JSON.
        """
        plain = json.loads(content)
        if plain.pop("schema") != SCHEMA:
            raise ValueError("it is of another version")
        settings = MODELS[plain.pop("model")].settings(**plain.pop("settings"))
        plan = cls(settings, tuple(plain.pop("seeds")), **plain)
        counts = (plan.threads, *plan.seeds)
        if not all(type(count) is int and 0 <= count < 2**63 for count in counts) or not 0 < plan.threads < 4096:
            raise ValueError("its counts are not counts")
        if not 0 < len(set(plan.seeds)) == len(plan.seeds) <= MOST_SEEDS:
            raise ValueError("its seeds are not apart")
        every(plan.every)  # raises
        dict(plan.versions)
        if not {type(plan.watch_gradients), type(plan.mixed_precision)} <= {bool} or plan.device not in get_args(
            Device
        ):
            raise ValueError("it does not say how it computes")
        return plan


class Unfinished:
    """The folder of a training, to which each new state is written.

    Args:
        states: of each seed that has one.
        sums: of the files that hold them; until there is one, nothing of an older run in the same folder is lost.
    """

    def __init__(self, folder: Path, plan: Plan, states: Iterable[State] = (), sums: Mapping[str, str] = EMPTY) -> None:
        self.folder, self.plan, self._sums = folder, plan, sums
        self._planned = bool(sums)  # the folder holds this plan
        self.states = {state.seed: state for state in states}

    @property
    def begun(self) -> bool:
        """Something is kept."""
        return bool(self._sums)

    def keep(self, state: State) -> None:
        """The last state of its seed from now on.

        Raises:
            RequestFailed: the system refused; what was kept before is kept.
        """
        content = {} if self._planned else {_named("training", plan := self.plan.to_bytes(), "json"): plan}
        content |= {_named(f"seed-{state.seed}", kept := state.to_bytes(), "safetensors"): kept}
        self._commit(content)
        self._planned = True
        self.states[state.seed] = state
        epochs = {seed: state.epochs for seed, state in sorted(self.states.items())}
        write_all(self.folder, {METRICS: metrics(epochs)})

    def change(self, plan: Plan) -> None:
        """Go on with another plan: more epochs. It is written with the next state that is kept."""
        self.plan, self._planned = plan, False

    def _commit(self, contents: Mapping[str, bytes]) -> None:
        """The files in `contents`, and those of other seeds, are what counts from now on."""
        below = self.folder / CHECKPOINTS
        try:
            below.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestFailed(f"cannot be made: {error.strerror}", str(below), "name another folder") from error
        parts = {_part(name) for name in contents}
        sums = {name: sum for name, sum in self._sums.items() if _part(name) not in parts}
        sums |= {name: sha256(content) for name, content in contents.items()}
        sums = dict(sorted(sums.items()))
        fresh = {name: content for name, content in contents.items() if name not in self._sums}
        older = () if self.begun else [self.folder / name for name in (SUMS, METRICS)]
        try:
            write_all(below, {**fresh, SUMS: write_sums(sums)}, gone=older)
        except RequestFailed as error:
            kept = f"the state kept before is whole: mlcli train --resume {self.folder}"
            hint = kept if self.begun else "make room, or name another folder"
            raise RequestFailed(error.message, error.where, hint) from error
        self._sums = sums
        self.tidy()

    def tidy(self) -> None:
        """Older states go, and what an end by force has left half written."""
        if not self.begun:
            return
        for path in (self.folder / CHECKPOINTS).iterdir():
            if path.name not in {*self._sums, SUMS} and _is_ours(path.name):
                path.unlink(missing_ok=True)


def open_unfinished(folder: Path) -> Unfinished:
    """The training in `folder`, begun or done.

    Raises:
        InputError: there is none, or a byte of it is not as it was written.
    """
    below = folder / CHECKPOINTS
    if not (below / SUMS).exists():
        reason = "holds no checkpoint" if folder.is_dir() else "is not a folder"
        raise InputError(reason, str(folder), "name a folder that train --save has begun to write")
    try:
        sums = read_sums(_read(below / SUMS))
        parts = {_part(name): name for name in sums}
        if len(parts) != len(sums) or "training" not in parts:
            raise ValueError(f"{SUMS} does not name one training")
        plan = Plan.from_bytes(_checked(below, parts.pop("training"), sums))
        states = [from_bytes(_checked(below, name, sums)) for name in parts.values()]
        if {f"seed-{state.seed}" for state in states} != {*parts} or not {s.seed for s in states} <= {*plan.seeds}:
            raise ValueError("its states are not those of its seeds")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error.where}: {error.message}" if isinstance(error, InputError) and error.where else f"{error}"
        raise InputError(
            f"is damaged, or was not written by train --save ({reason})", str(below), "train again"
        ) from error
    return Unfinished(folder, plan, states, sums)


def _named(part: str, content: bytes, suffix: str) -> str:
    return f"{part}-{sha256(content)[:12]}.{suffix}"


def _part(name: str) -> str:
    """`training`, or `seed-3`: of each there is one file that counts.

    Raises:
        ValueError: a file of another kind.
    """
    found = NAME.fullmatch(name)
    if found is None or (found[1] == "training") != (found[4] == "json"):
        raise ValueError(f"{name} is not a file of a checkpoint")
    return found[1]


def _is_ours(name: str) -> bool:
    plain = name.removeprefix(".").removesuffix(STAGED)
    return plain == SUMS or NAME.fullmatch(plain) is not None


def _checked(below: Path, name: str, sums: Mapping[str, str]) -> bytes:
    content = _read(below / name)
    if sha256(content) != sums[name] or not sums[name].startswith(NAME.fullmatch(name)[3]):  # type: ignore[index]
        raise ValueError(f"the checksum of {name} is not the one in {SUMS}")
    return content


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise ValueError(f"{path.name} is no file, or larger than {LARGEST // 2**30} GiB")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from error
