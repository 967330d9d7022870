"""Open and save: the document's way from files and back, so that no work is lost on it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.adapters import recent_files
from app.adapters.file_locks import lock_file
from app.adapters.process_lock import ProcessLock
from app.adapters.recovery import Recovery, RecoveryCopy, discard_recovery, list_recoveries
from app.adapters.reviewed_store import ReviewedStore
from app.adapters.shipped_examples import in_language
from app.adapters.workflow_files import OpenFile, Stamp, changed_elsewhere, read_file, save_file
from app.document.file_names import OPENED, SAVED, in_order, patterns
from app.document.ids import new_id
from app.document.json_codec import digest
from app.document.operations import ReplaceWorkflow
from app.document.problem import Problem, ProblemError
from app.document.workflow import Workflow
from app.settings import Folders
from app.texts import language, text
from app.ui.asking import Choice, ask, file_to_open, file_to_save, tell
from app.ui.problem_words import in_short
from app.ui.session import Place, Session, Trust

# Who else has a file: nobody that we know of; another window, and the person wants to look only; or they don't.
Held: TypeAlias = Literal["free", "elsewhere", "left"]


class OpenAndSave(QObject):
    """`changed_on_disk`: another program wrote the file that is open; `saved_own`: a file made here was saved.

    `remembered(path)`: a file was opened or saved and is the latest now.

    `not_copied(reason)` tells once that unsaved work can't be kept for a crash, and with an empty reason that
    it is again.

    Every coroutine gives False where the person changed their mind or it could not be done (and was told).
    """

    changed_on_disk = Signal()
    saved_own = Signal()
    recent_changed = Signal()
    remembered = Signal(object)
    not_copied = Signal(str)

    def __init__(self, session: Session, where: Folders, autosave_seconds: float, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._where = where
        self._window = window
        self._reviewed = ReviewedStore(where)
        self._stamp: Stamp | None = None
        self._lock: ProcessLock | None = None
        self._copy: RecoveryCopy | None = None
        self._copy_fails = False
        self._autosave = QTimer(self, singleShot=True, interval=round(autosave_seconds * 1000))
        self._autosave.timeout.connect(self.keep_copy)
        session.changed.connect(self._on_change)

    # --- opening -------------------------------------------------------------------------------------------

    async def new(self) -> bool:
        """An empty workflow."""
        if not await self.may_leave():
            return False
        self._leave()
        self._session.open(Workflow(new_id(), text("window.untitled")), Place())
        return True

    async def open_some(self) -> bool:
        """A file that the person picks."""
        path = await file_to_open(self._window, text("action.file.open"), self._folder(), _endings())
        return path is not None and await self.open(path)

    async def open(self, path: Path) -> bool:
        """Opens a file in place of what is open."""
        if not await self.may_leave():
            return False
        try:
            opened = read_file(path)
        except ProblemError as error:
            await tell(self._window, error.problems)
            return False
        lock, held = await self._locked(path)
        if held == "left":
            return False
        self._leave()
        self._lock = lock
        self._stamp = opened.stamp
        read_only = opened.newer or held == "elsewhere"
        self._session.open(opened.workflow, Place(path, self._trust(opened.workflow), read_only))
        self._session.show_file_problems(opened.warnings)
        self._remember(path)
        return True

    async def open_example(self, path: Path) -> bool:
        """A copy of a shipped example: saved, it becomes a file of the person's own."""
        if not await self.may_leave():
            return False
        try:
            opened = read_file(path)
        except ProblemError as error:
            await tell(self._window, error.problems)
            return False
        self._leave()
        self._session.open(in_language(path, opened.workflow, language()), Place())
        return True

    async def _locked(self, path: Path) -> tuple[ProcessLock | None, Held]:
        """The file's lock, none where this profile can't keep any; and who else has the file."""
        try:
            return lock_file(self._where, path), "free"
        except ProblemError:
            choices = (Choice("look", text("ask.look_only"), "primary"), Choice("cancel", text("ask.cancel")))
            question, more = text("ask.open_elsewhere", name=path.name), text("ask.open_elsewhere.more")
            looks = await ask(self._window, question, more, choices, "cancel") == "look"
            return None, "elsewhere" if looks else "left"

    def _trust(self, workflow: Workflow) -> Trust:
        content = digest(workflow)
        if self._reviewed.shipped(content):
            return "mine"
        grants = self._reviewed.reviewed(content)
        if grants is None:
            return "new"
        # What was made here is remembered without a cap of its own; a review always sets one.
        return "mine" if grants.max_cost.is_infinite() else "reviewed"

    async def load_from_disk(self) -> bool:
        """Takes the file as it is on disk now; one undo brings back what was here."""
        path = self._session.place.path
        if path is None:
            return False
        try:
            opened: OpenFile = read_file(path)
        except ProblemError as error:
            await tell(self._window, error.problems)
            return False
        self._stamp = opened.stamp
        self._session.do(ReplaceWorkflow(opened.workflow))
        trust = self._trust(opened.workflow)
        self._session.set_place(replace(self._session.place, trust=trust, read_only=opened.newer))
        self._session.mark_saved()
        self._session.show_file_problems(opened.warnings)
        return True

    def look_at_disk(self) -> None:
        """Tells by `changed_on_disk` if another program wrote the file; asked when the window comes to the front."""
        path = self._session.place.path
        if path is not None and self._stamp is not None and changed_elsewhere(path, self._stamp):
            self.changed_on_disk.emit()

    # --- saving --------------------------------------------------------------------------------------------

    async def save(self) -> bool:
        """Saves to the document's file, or asks where to."""
        path = self._session.place.path
        if path is None or self._session.place.read_only:
            return await self.save_as()
        return await self._write(path, self._stamp)

    async def save_as(self) -> bool:
        """Saves to a file that the person names; from then on this is the document's file."""
        endings = in_order(OPENED)
        name = f"{_file_name(self._session.workflow.name)}{endings[0]}"
        proposed = self._session.place.path or self._folder() / name
        filters = (text("window.files.workflows", endings=patterns(SAVED)),)
        path = await file_to_save(self._window, text("action.file.save_as"), proposed, filters, endings)
        if path is None:
            return False
        lock = self._lock
        if path != self._session.place.path:
            lock, held = await self._locked(path)
            if held == "elsewhere":
                await tell(self._window, (Problem("file.open_elsewhere_save", args={"name": path.name}),))
            if held != "free":
                return False
        if not await self._write(path, None):
            return False
        if self._lock is not lock and self._lock is not None:
            self._lock.release()
        self._lock = lock
        self._session.set_place(replace(self._session.place, path=path, read_only=False))
        return True

    async def _write(self, path: Path, stamp: Stamp | None) -> bool:
        workflow = self._session.workflow
        try:
            saved = save_file(path, workflow, stamp, self._where)
        except ProblemError as error:
            if error.problems[0].code == "file.changed_elsewhere":
                return await self._settle(path)
            await tell(self._window, error.problems)
            return False
        self._stamp = saved.stamp
        if self._session.workflow is workflow:
            self._session.mark_saved()
            self._drop_copy()
        self._session.show_file_problems(saved.warnings)
        if self._session.place.trust == "mine":
            self.saved_own.emit()
        self._remember(path)
        return True

    async def _settle(self, path: Path) -> bool:
        """The file on disk is another program's work: which of the two shall stay?"""
        choices = (
            Choice("copy", text("ask.save_copy"), "primary"),
            Choice("load", text("ask.load_disk")),
            Choice("overwrite", text("ask.overwrite"), "danger"),
            Choice("cancel", text("ask.cancel")),
        )
        question, more = text("ask.changed_elsewhere", name=path.name), text("ask.changed_elsewhere.more")
        match await ask(self._window, question, more, choices, "cancel"):
            case "copy":
                return await self.save_as()
            case "load":
                return await self.load_from_disk()
            case "overwrite":
                return await self._write(path, None)
            case _:
                return False

    # --- leaving -------------------------------------------------------------------------------------------

    async def may_leave(self) -> bool:
        """Whether the document may go: it is saved, or the person saves it or lets it go."""
        if self._session.is_saved:
            return True
        choices = (
            Choice("save", text("ask.save"), "primary"),
            Choice("drop", text("ask.drop"), "danger"),
            Choice("cancel", text("ask.cancel")),
        )
        question = text("ask.unsaved", name=self._session.workflow.name)
        match await ask(self._window, question, text("ask.unsaved.more"), choices, "cancel"):
            case "save":
                return await self.save()
            case "drop":
                return True
            case _:
                return False

    def close(self) -> None:
        """The window closes in good order: nothing stays behind."""
        self._leave()
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    def _leave(self) -> None:
        self._drop_copy()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._stamp = None

    # --- recovery ------------------------------------------------------------------------------------------

    def keep_copy(self) -> bool:
        """Writes the recovery copy; where the disk takes none, says so and tries again later."""
        if self._session.is_saved:
            return False
        try:
            self._write_copy()
        except OSError as error:
            reason = error.strerror or str(error)
        except ProblemError as error:
            reason = in_short(error.problems)
        else:
            reason = ""
        if bool(reason) != self._copy_fails:
            self._copy_fails = bool(reason)
            self.not_copied.emit(reason)
        if reason:
            self._autosave.start()
        return not reason

    def _write_copy(self) -> None:
        place, sha256 = self._session.place, self._stamp.sha256 if self._stamp else ""
        self._copy = self._copy or RecoveryCopy(self._where)
        self._copy.write(place.path, self._session.workflow, own=place.trust == "mine", sha256=sha256)

    def recoveries(self) -> tuple[Recovery, ...]:
        """What windows left behind that ended without closing, the newest first."""
        return list_recoveries(self._where)

    async def recover(self, recovery: Recovery) -> bool:
        """Opens what was left behind, not saved yet."""
        if not await self.may_leave():
            return False
        self._leave()
        path = recovery.path
        lock, stamp = None, None
        if path is not None:
            with contextlib.suppress(ProblemError):
                lock = lock_file(self._where, path)
                # Where the file has been written since, saving asks.
                stamp = Stamp(recovery.sha256) if recovery.sha256 else read_file(path).stamp
        self._lock, self._stamp = lock, stamp
        place = Place(
            path if lock is not None else None, "mine" if recovery.own else self._trust(recovery.workflow)
        )
        self._session.open(recovery.workflow, place, saved=False)
        if self.keep_copy():
            discard_recovery(self._where, recovery.key)
        return True

    def discard(self, recovery: Recovery) -> None:
        """The person doesn't want it."""
        discard_recovery(self._where, recovery.key)

    def _on_change(self, _change: object) -> None:
        if not self._autosave.isActive():
            self._autosave.start()

    def _drop_copy(self) -> None:
        self._autosave.stop()
        if self._copy is not None:
            with contextlib.suppress(OSError):
                self._copy.discard()

    # --- places --------------------------------------------------------------------------------------------

    def recent(self) -> tuple[Path, ...]:
        """The files that were open lately, the latest first."""
        return recent_files.recent_files(self._where)

    async def lost_recent(self) -> frozenset[Path]:
        """Those of them that are no longer where they were."""
        return await recent_files.lost_files(self.recent())

    async def open_recent(self, path: Path) -> bool:
        """Opens one of them; where it isn't any more, asks where it is now."""
        return await (self._find(path) if await recent_files.lost_files((path,)) else self.open(path))

    async def _find(self, lost: Path) -> bool:
        choices = (
            Choice("find", text("ask.lost.find"), "primary"),
            Choice("forget", text("ask.lost.forget")),
            Choice("cancel", text("ask.cancel")),
        )
        question, more = text("ask.lost", name=lost.name), text("ask.lost.more", folder=str(lost.parent))
        match await ask(self._window, question, more, choices, "cancel"):
            case "find":
                folder = next((one for one in lost.parents if one.is_dir()), self._folder())
                title, filters = text("ask.lost.title", name=lost.name), _endings()
                path = await file_to_open(self._window, title, folder, filters)
                if path is None or not await self.open(path):
                    return False
                self._forget(lost)
                return True
            case "forget":
                self._forget(lost)
            case _:
                pass
        return False

    def _forget(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            recent_files.forget_file(self._where, path)
        self.recent_changed.emit()

    def _remember(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            recent_files.remember_file(self._where, path)
        self.recent_changed.emit()
        self.remembered.emit(path.absolute())

    def _folder(self) -> Path:
        if self._session.place.path is not None:
            return self._session.place.path.parent
        if recent := self.recent():
            return recent[0].parent
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents) if documents and Path(documents).is_dir() else Path.home()


def _endings() -> tuple[str, str]:
    """What a person who opens a file chooses from."""
    return text("window.files.workflows", endings=patterns(OPENED)), text("window.files.all")


def _file_name(name: str) -> str:
    """A file name that every system takes, close to the workflow's name."""
    kept = "".join(c if c.isalnum() or c in " -_." else "-" for c in name).strip(" .-")
    return "-".join(kept.lower().split())[:80] or "workflow"
