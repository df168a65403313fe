"""The mirror: a run's Optuna study in a storage where optuna-dashboard shows it live, never the truth."""

import threading
import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from copy import copy, deepcopy
from typing import TypeAlias

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.errors import FailedError, UsageError
from search.storage import opened, reason, refusal, resolved, shown

ANSWER = 15.0  # seconds that a storage gets to be opened
RETRY = 5.0  # seconds before one that failed is tried again
LAST = 5.0  # seconds that a run which is over waits for it
KEY = "key"  # user attribute by which a trial is known again
REASON, LEFT = "reason", "its driver ended"  # user attribute of trials that nobody will finish


class StoredStudy:
    """A study in a storage of Optuna's, whose trials are told apart by keys.

    Written by the storage's own methods: `Study.add_trial` can make a running trial, but not extend it, and
    `Trial.report` refuses several objectives.
    """

    def __init__(
        self, storage: BaseStorage, name: str, directions: Sequence[StudyDirection], metrics: Sequence[str] = ()
    ) -> None:
        study = optuna.create_study(storage=storage, study_name=name, directions=directions, load_if_exists=True)
        if study.directions != list(directions):
            there, here = (", ".join(one.name.lower() for one in each) for each in (study.directions, directions))
            raise UsageError(f"holds a study {name!r} to {there}, and this run's is to {here}; write another storage")
        if metrics:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                study.set_metric_names(list(metrics))
        self.storage = storage
        self.id = storage.get_study_id_from_name(name)
        self.certain = False  # whether what follows is what the storage holds
        self.written: dict[str, FrozenTrial] = {}  # by key
        self.ids: dict[str, int] = {}  # of those that are not finished

    def write(self, key: str, trial: FrozenTrial) -> None:
        """Add the trial, or what it has more than when it was last written.

        One that has failed there and has not here is tried again under its key: another trial to Optuna.
        """
        self._read_if_uncertain()
        self.certain = False
        there = self.written.get(key)
        if there is None or (there.state == TrialState.FAIL != trial.state):
            template = copy(trial)
            template.user_attrs = {**trial.user_attrs, KEY: key}
            self.ids[key] = self.storage.create_new_trial(self.id, template)
        elif not there.state.is_finished():
            self._extend(self.ids[key], there, trial)
        else:
            trial = there
        self.written[key] = trial
        self.certain = True

    def _extend(self, trial_id: int, there: FrozenTrial, trial: FrozenTrial) -> None:
        for name, value in trial.user_attrs.items():
            if there.user_attrs.get(name) != value:
                self.storage.set_trial_user_attr(trial_id, name, value)
        for step in sorted(trial.intermediate_values.keys() - there.intermediate_values):
            self.storage.set_trial_intermediate_value(trial_id, step, trial.intermediate_values[step])
        if trial.state != there.state:  # the last: a finished trial cannot be changed
            self.storage.set_trial_state_values(trial_id, trial.state, trial.values)

    def fail_running(self, but: Collection[str] = ()) -> None:
        """Trials that still run there, and that nobody will finish, fail."""
        self.certain = False
        for trial in self.storage.get_all_trials(self.id, deepcopy=False, states=(TrialState.RUNNING,)):
            if KEY in trial.user_attrs and trial.user_attrs[KEY] not in but:
                trial_id = self.storage.get_trial_id_from_study_id_trial_number(self.id, trial.number)
                self.storage.set_trial_user_attr(trial_id, REASON, LEFT)
                self.storage.set_trial_state_values(trial_id, TrialState.FAIL)

    def _read_if_uncertain(self) -> None:
        """All trials, at the first write and after a failure, when nobody knows what has come through."""
        if self.certain:
            return
        trials = self.storage.get_all_trials(self.id, deepcopy=False)
        self.written = {trial.user_attrs[KEY]: trial for trial in trials if KEY in trial.user_attrs}
        self.ids = {
            key: self.storage.get_trial_id_from_study_id_trial_number(self.id, trial.number)
            for key, trial in self.written.items()
            if not trial.state.is_finished()
        }


Task: TypeAlias = Callable[[StoredStudy], None]
_FAIL_RUNNING = ""  # the task that is no trial's


class Mirror:
    """A run's study in a storage of Optuna's, written by a thread of its own, so that no storage can hold up the run.

    What cannot be written waits and is tried again; `notice` says in one line what went wrong first.
    """

    def __init__(
        self,
        url: str,
        name: str,
        directions: Sequence[StudyDirection],
        metrics: Sequence[str] = (),
        finished: Mapping[str, FrozenTrial] | None = None,
    ) -> None:
        """`finished` are the ledger's trials by key; others that still run in the storage fail, as nobody runs them.

        A key says which attempt of a trial it is. `UsageError` and `FailedError` name `--storage`.
        """
        self.url = resolved(url)
        self.notice: str | None = None
        self._tasks: dict[str, Task] = {}  # the newest of each trial, in the order in which they came
        self._changed = threading.Condition()
        self._closing = False
        self._trying = float("inf")  # since when; the clock of `time.monotonic`
        self._lost = 0
        opening: Future[None] = Future()
        words = opening, name, tuple(directions), tuple(metrics)
        self._thread = threading.Thread(target=self._work, args=words, name="mirror", daemon=True)
        known = dict(finished or {})
        self._put(_FAIL_RUNNING, lambda study: study.fail_running(known))
        for key, trial in known.items():
            self.sync(trial, key)
        self._thread.start()
        self._await(opening)

    def _await(self, opening: "Future[None]") -> None:
        try:
            opening.result(ANSWER)
        except TimeoutError:
            with self._changed:
                self._closing = True
                self._tasks.clear()
            what = f"does not answer in {ANSWER:g} seconds; nothing was trained"
            raise FailedError(f"--storage: {shown(self.url)!r} {what}") from None

    def sync(self, trial: FrozenTrial, key: str) -> None:
        """The trial as it is now is what the storage is to hold under this key; returns at once."""
        assert key != _FAIL_RUNNING
        now = deepcopy(trial)  # Optuna extends running trials in place
        self._put(key, lambda study: study.write(key, now))
        if time.monotonic() - self._trying > ANSWER:
            self._notice(f"nothing for {ANSWER:g} seconds")

    def close(self) -> int:
        """Wait a little for what is not written yet; trials still running there fail. How many trials it lacks."""
        self._put(_FAIL_RUNNING, StoredStudy.fail_running)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(LAST)
        with self._changed:
            return self._lost + sum(key != _FAIL_RUNNING for key in self._tasks)

    def _put(self, key: str, task: Task) -> None:
        with self._changed:
            if key == _FAIL_RUNNING:  # after what came before it
                self._tasks.pop(key, None)
            self._tasks[key] = task
            self._changed.notify_all()

    def _work(
        self, opening: "Future[None]", name: str, directions: Sequence[StudyDirection], metrics: Sequence[str]
    ) -> None:
        try:
            with opened(self.url) as storage:
                study = StoredStudy(storage, name, directions, metrics)
                opening.set_result(None)
                while task := self._next():
                    self._try(study, *task)
        except UsageError as error:
            opening.set_exception(UsageError(f"--storage: {shown(self.url)!r} {error}"))
        except Exception as error:  # noqa: BLE001 -- drivers raise what they like
            opening.set_exception(refusal(error, self.url))

    def _next(self) -> tuple[str, Task] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._tasks or self._closing)
            return next(iter(self._tasks.items()), None)

    def _try(self, study: StoredStudy, key: str, task: Task) -> None:
        self._trying = time.monotonic()
        try:
            task(study)
        except Exception as error:  # noqa: BLE001 -- nothing that a storage does may end the run
            self._notice(reason(error, self.url))
            self._set_aside(key)
        else:
            with self._changed:
                if self._tasks.get(key) is task:  # and no newer one
                    del self._tasks[key]
        self._trying = float("inf")

    def _notice(self, why: str) -> None:
        what = f"does not take the run's trials ({why}); training goes on, and they are tried again"
        self.notice = self.notice or f"--storage: {shown(self.url)!r} {what}"

    def _set_aside(self, key: str) -> None:
        """Behind the others, as what fails may be this trial's alone; when the run is over, for good."""
        with self._changed:
            self._trying = float("inf")
            if self._closing:
                self._lost += key != _FAIL_RUNNING
                self._tasks.pop(key, None)
                return
            if key != _FAIL_RUNNING:  # which knows nothing of the trials behind it, and would end them
                self._tasks[key] = self._tasks.pop(key)
            self._changed.wait_for(lambda: self._closing, RETRY)
