"""What memory a trial needs, from its network and its training alone."""

from dataclasses import replace
from pathlib import Path

from analysis.recipe import Fidelity
from analysis.training import Training, is_teacher_file
from search.data import DataSet
from search.reducing import trained_as
from space.arch import Arch, Input
from space.memory import FLOAT, evaluation_memory, training_memory
from space.sentence import parse

TESTED = 4  # batches at a time: without gradients they need less memory than one with them


def taught_by(training: Training, fidelity: Fidelity, data: DataSet) -> Arch | None:
    """The teacher of a training on these images; None where there is none."""
    if not training.teacher:
        return None
    if not training.has_given_teacher:
        return trained_as(parse(training.teacher), fidelity, data)
    arch = parse(_sentence(training.teacher))
    image = Input(data.train.pixels.shape[1], fidelity.resolution)
    return replace(arch, input=image, head=replace(arch.head, classes=data.train.classes))


def _sentence(teacher: str) -> str:
    if not is_teacher_file(teacher):
        return teacher
    from search.weights import sentence_of  # imports torch, which other drivers do without

    return sentence_of(Path(teacher)) or ""


def trial_memory(proxy: Arch, training: Training, teacher: Arch | None = None) -> int:
    """Bytes of the device's memory at most, in training or in testing; the process and its libraries not counted.

    A teacher is trained before, unless it is given, and then looks at every batch while the network's maps are kept.
    """
    batch, precision = training.batch_size, training.precision
    states = (training.momentum > 0) + (training.averaging > 0)
    side, whole = training.tested(proxy.input.resolution)
    step = training_memory(proxy, batch, precision=precision, states=states)
    tested = evaluation_memory(proxy, TESTED * batch, side, precision=precision)
    tested += step.state + FLOAT * TESTED * batch * proxy.input.channels * whole**2 * (whole != side)
    needs = [step.peak, tested]
    if training.fix_epochs:
        needs.append(training_memory(proxy, batch, side, precision=precision, states=states).peak)
    if teacher:
        taught = evaluation_memory(teacher, batch, precision=precision)
        held = training_memory(teacher, batch, precision=precision, states=states)
        needs = [step.weights + step.state + step.kept + taught, *(need + held.weights for need in needs)]
        needs += [] if training.has_given_teacher else [held.peak]
    return max(needs)
