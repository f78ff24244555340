"""The language server: its life, its settings, and what the client says of documents and files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from lsprotocol import types as lsp
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcContentModified
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from shapelens import __version__
from shapelens.analysis.adopting import Adoption
from shapelens.analysis.facts import FileAnalysis, Problem, Span
from shapelens.lsp import code_actions, code_lens, commands, diagnostics, hover, inlay_hints, wire
from shapelens.lsp.analyses import Analyser, Analyses, Closable, MakeAnalyser, Stale
from shapelens.lsp.documents import Document, Documents, path_of
from shapelens.lsp.folders import Folders
from shapelens.lsp.notebooks import OPTIONS, Notebooks
from shapelens.lsp.progress import Progress
from shapelens.lsp.protocol import Protocol
from shapelens.lsp.settings import SECTION, Settings, is_trusted, settings_from, shows_summaries, wants_status
from shapelens.lsp.status import Statuses
from shapelens.report.contexts import Choice, Choices, with_chosen
from shapelens.source.environments import EnvironmentNotFound
from shapelens.source.positions import Encoding

T = TypeVar("T")
logger = logging.getLogger(__name__)

_REFRESH_SECONDS = 0.3
_SENT_SECONDS = 0.03
_IDLE_SECONDS = 2.0
_LOOK_SECONDS = 3.0
_ENCODINGS: dict[str, Encoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


class ShapelensServer(LanguageServer):
    """pygls' server with our documents, analyses and settings. `listens`: its client came by a port."""

    protocol: Protocol

    def __init__(self, make: MakeAnalyser | None = None) -> None:
        super().__init__("shapelens", __version__, protocol_cls=Protocol, notebook_document_sync=OPTIONS)
        self.documents = Documents()
        self.notebooks = Notebooks(self.documents)
        self.analyses = Analyses(self.documents, self._make, self.refresh)
        self.settings = Settings()
        self.pushed = diagnostics.Pushed(self)
        self.under_way = Progress(self)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._make_analyser = make or (lambda roots, python: _session(roots, python, self._is_trusted))
        self._initialization_options: object = None
        self._complaints: set[str] = set()
        self._refresh: asyncio.TimerHandle | None = None
        self._learning: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._oracle: Closable | None = None
        self._is_trusted = False
        self._by_folder: tuple[tuple[Path, Settings], ...] = ()  # of several folders, what each one's settings say
        self.listens = False
        self._hints_shown: bool | None = None
        self._statuses: Statuses | None = None
        self._chosen: dict[str, dict[str, Choice]] = {}
        self.shows_summaries = False
        self._traced: object = None
        self.readable: dict[str, FileAnalysis] = {}  # each document's last analysis without a syntax error
        self.written: dict[str, inlay_hints.Written] = {}

    def can(self, capability: str) -> bool:
        """Whether the client has the capability (`workspace.inlay_hint.refresh_support`)."""
        return bool(get_capability(self.client_capabilities, capability, False))

    async def analysis(self, uri: str) -> tuple[Document, FileAnalysis] | None:
        """The document as it is now with its analysis; None where it is not open, or could not be analysed.

        Raises JsonRpcContentModified if it changes meanwhile.
        """
        document = self.documents.get(uri)
        if document is None:
            return None
        try:
            whole = self.notebooks.holding(uri)
            program = document if whole is None else whole.document
            async with self.under_way.told(f"Shapelens: analysing {Path(program.path).name}"):
                analysis = await self.analyses.of(program)
            if whole is not None:
                analysis = whole.cells.part(analysis, document.path)
            if self._statuses is not None:
                self._statuses.tell(document, analysis)
            if self.protocol.trace == lsp.TraceValue.Verbose:
                self._trace(document, analysis)
            return document, with_chosen(analysis, self.chosen(uri))
        except Stale:
            raise JsonRpcContentModified from None
        except Exception:
            return None  # Logged where it failed; the editor shows nothing.

    def _trace(self, document: Document, analysis: FileAnalysis) -> None:
        """Tell what the parts of an analysis took, once."""
        if self._traced is analysis.timings:
            return
        self._traced = analysis.timings
        parts = ", ".join(f"{part} {seconds * 1000:.2f} ms" for part, seconds in analysis.timings.items())
        message = f"analysed version {document.version} of {Path(document.path).name}"
        self.log_trace(lsp.LogTraceParams(message=message, verbose=parts))

    def chosen(self, uri: str) -> Choices:
        """The calls that a person chose to see in a document."""
        return self._chosen.get(uri, {})

    def choose(self, uri: str, function: str, choice: Choice | None) -> None:
        """Show this call of a function; None: all of them."""
        chosen = self._chosen.setdefault(uri, {})
        chosen.pop(function, None)
        if choice is not None:
            chosen[function] = choice
        self.refresh()

    def location(self, document: Document, span: Span) -> lsp.Location:
        """A span as a place that the client can go to; `document` is looked at first for its lines."""
        return diagnostics.location(self, document, span)

    async def worked(self, document: Document, work: Callable[[Analyser, Callable[[], bool]], T]) -> T:
        """What the work gives, on the worker thread. Raises Stale if the document changes meanwhile."""
        whole = self.notebooks.holding(document.uri)
        async with self.under_way.told("Shapelens: following the model"):
            return await self.analyses.worked(document if whole is None else whole.document, work)

    async def mended(self, document: Document, problems: Sequence[Problem]) -> list[Problem]:
        """The problems of the document with their fixes. Raises JsonRpcContentModified if it changes meanwhile."""
        whole = self.notebooks.holding(document.uri)
        program = document if whole is None else whole.document
        try:
            async with self.under_way.told("Shapelens: looking for fixes"):
                if whole is None:
                    return await self.analyses.mended(document, problems)
                analysis = await self.analyses.of(program)
                listed = [each for each in analysis.problems if whole.cells.problem(each) in problems]
                return [whole.cells.problem(each) for each in await self.analyses.mended(program, listed)]
        except Stale:
            raise JsonRpcContentModified from None

    async def adopted(self, document: Document, line: int) -> Adoption | None:
        """The annotations for the function whose head is on the line (from 1)."""
        whole = self.notebooks.holding(document.uri)
        try:
            if whole is None:
                return await self.analyses.adopted(document, line)
            found = await self.analyses.adopted(whole.document, whole.cells.line(document.path, line))
        except Stale:
            raise JsonRpcContentModified from None
        return None if found is None else replace(found, edits=tuple(map(whole.cells.edit, found.edits)))

    def placed(self, span: Span) -> Span:
        """A span of a notebook as one of its cell."""
        whole = self.notebooks.by_path(span.file)
        return span if whole is None else whole.cells.placed(span)

    # -- documents ---------------------------------------------------------------------------------------------------

    def on_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        """A document was opened."""
        document = self.documents.open(params.text_document)
        if document.is_python:
            self.analyses.document_changed(document)
            self.pushed.schedule(document.uri)
            self._learn_soon()

    def _learn_soon(self) -> None:
        """Once nobody is typing, look for the imports that were not found at once."""
        if self._learning is not None:
            self._learning.cancel()
        loop = asyncio.get_running_loop()
        self._learning = loop.call_later(_IDLE_SECONDS, lambda: loop.create_task(self._learn()))

    async def _learn(self) -> None:
        try:
            if await self.analyses.learn_slowly():
                self.refresh()
        except Exception:
            logger.exception("the search for imports failed")

    def on_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        """A document was edited."""
        document = self.documents.change(params.text_document, params.content_changes)
        if document is None:
            logger.warning("change of a document that is not open: %s", params.text_document.uri)
        elif document.is_python:
            self.analyses.document_changed(document)
            self.pushed.schedule(document.uri)
            self._tidy_soon()

    def _tidy_soon(self) -> None:
        """Once nobody is typing, free what analyses have left behind, so that no keystroke has to wait for it."""
        if self._tidying is not None:
            self._tidying.cancel()
        self._tidying = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.analyses.tidy)

    def on_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        """A document was closed."""
        document = self.documents.close(params.text_document.uri)
        if document is not None and document.is_python:
            self.analyses.document_closed(document)
            self._forget(document.uri)

    def on_notebook_open(self, params: lsp.DidOpenNotebookDocumentParams) -> None:
        """A notebook was opened."""
        whole = self.notebooks.open(params)
        self.analyses.document_changed(whole.document)
        for uri in whole.uris:
            self.pushed.schedule(uri)
        self._learn_soon()

    def on_notebook_change(self, params: lsp.DidChangeNotebookDocumentParams) -> None:
        """Cells were edited, added, moved or taken away: what the others show may change with them."""
        whole, gone = self.notebooks.change(params)
        for uri in gone:
            self._forget(uri)
        if whole is None:
            logger.warning("change of a notebook that is not open: %s", params.notebook_document.uri)
        elif params.change.cells is not None:
            self.analyses.document_changed(whole.document)
            for uri in whole.uris:
                self.pushed.schedule(uri)
            if len(whole.uris) > 1:
                self.refresh_soon()

    def on_notebook_close(self, params: lsp.DidCloseNotebookDocumentParams) -> None:
        """A notebook was closed."""
        document, cells = self.notebooks.close(params.notebook_document.uri)
        for uri in cells:
            self._forget(uri)
        if document is not None:
            self.analyses.document_closed(document)

    def keep_readable(self, uri: str, analysis: FileAnalysis) -> None:
        """This is the document's last analysis without a syntax error. The one before goes once the answer is sent."""
        before, self.readable[uri] = self.readable.get(uri), analysis
        if before is not None and before is not analysis:
            asyncio.get_running_loop().call_later(_SENT_SECONDS, lambda kept: None, before)

    def _forget(self, uri: str) -> None:
        """A document is not open any more."""
        self.pushed.clear(uri)
        self.readable.pop(uri, None)
        self.written.pop(uri, None)
        self._chosen.pop(uri, None)
        if self._statuses is not None:
            self._statuses.forget(uri)

    def on_save(self, params: lsp.DidSaveTextDocumentParams) -> None:
        """A document was saved: others that follow it may say something else now. It may be new on the disk."""
        self.analyses.files_changed([path_of(params.text_document.uri)])
        self._learn_soon()
        if any(document.uri != params.text_document.uri for document in self.documents):
            self.refresh_soon()

    def on_files(self, params: lsp.DidChangeWatchedFilesParams) -> None:
        """Files changed on disk. What is open counts as the editor has it."""
        paths = [path_of(change.uri) for change in params.changes]
        others = [path for path in paths if self.documents.by_path(path) is None]
        if others:
            self.analyses.files_changed(others)
            self.refresh_soon()

    # -- refreshing --------------------------------------------------------------------------------------------------

    def refresh_soon(self) -> None:
        """Ask the client to ask again, once for a burst of changes outside of the documents."""
        if self._refresh is not None:
            self._refresh.cancel()
        self._refresh = asyncio.get_running_loop().call_later(_REFRESH_SECONDS, self.refresh)

    def refresh(self) -> None:
        """Ask the client to ask again for hints and diagnostics, or push the latter."""
        if self.can("workspace.inlay_hint.refresh_support"):
            self.workspace_inlay_hint_refresh(None)
        if self.can("workspace.code_lens.refresh_support"):
            self.workspace_code_lens_refresh(None)
        if not diagnostics.is_pulled(self):
            for document in self.documents:
                self.pushed.schedule(document.uri)
        elif self.can("workspace.diagnostics.refresh_support"):
            self.workspace_diagnostic_refresh(None)

    # -- settings ----------------------------------------------------------------------------------------------------

    def configure(self, given: object, by_folder: Sequence[tuple[Path, object]] = ()) -> bool:
        """Take these settings; whether anything changed. What is wrong with them is said once."""
        settings = self._valid(given)
        folders = tuple((folder, self._valid(said)) for folder, said in by_folder)
        changed = (settings, folders) != (self.settings, self._by_folder)
        self.settings, self._by_folder = settings, folders
        if changed:
            self._hints_shown = None
        return self._configure_analyses() or changed

    def _valid(self, given: object) -> Settings:
        settings, complaints = settings_from(given)
        for complaint in complaints:
            self.complain(f"Shapelens: {complaint}")
        return settings

    def settings_of(self, document: Document) -> Settings:
        """Those of the folder that the document is in; those of the workspace where it is in none."""
        if not self._by_folder:
            return self.settings
        whole = self.notebooks.holding(document.uri)
        path = Path(document.path if whole is None else whole.document.path)
        inside = [(folder, settings) for folder, settings in self._by_folder if path.is_relative_to(folder)]
        return max(inside, key=lambda each: len(each[0].parts))[1] if inside else self.settings

    def _configure_analyses(self) -> bool:
        others = self.settings.budgets, tuple((path, each.python, each.budgets) for path, each in self._by_folder)
        return self.analyses.configure(self._roots(), self.settings.python, self._asks_oracle, others)

    def shows_hints(self, document: Document) -> bool:
        """Whether hints are shown in the document: as the settings say, or as a command has said since."""
        return self.settings_of(document).hints_enabled if self._hints_shown is None else self._hints_shown

    def show_hints(self, enabled: bool | None) -> bool:
        """Show hints or not (None: the other than now), until the settings change; whether they are shown now."""
        if enabled is None:
            enabled = not (self.settings.hints_enabled if self._hints_shown is None else self._hints_shown)
        self._hints_shown = enabled
        self.refresh()
        return self._hints_shown

    def restart_oracle(self) -> bool:
        """Find the interpreter anew and ask it from now on; whether it may be asked."""
        self.analyses.renew()
        self.refresh_soon()
        return self._asks_oracle

    def what_is_missing(self) -> str:
        """Why calls are not known that the library itself could tell."""
        if self._oracle is not None:
            return "an answer of the library"
        if self.settings.oracle == "off":
            return "the oracle, which is off"
        return "torch in the interpreter" if self._is_trusted else "torch in a trusted workspace"

    @property
    def _asks_oracle(self) -> bool:
        return self._is_trusted and self.settings.oracle == "auto"

    def complain(self, message: str) -> None:
        """Show a message to the person, once."""
        if message not in self._complaints:
            self._complaints.add(message)
            message = message.replace("](", "] (")  # Some clients make links of that, which run commands.
            self.window_show_message(lsp.ShowMessageParams(type=lsp.MessageType.Warning, message=message))

    async def ask_configuration(self) -> None:
        """Take the settings that the client has, if it can tell them, and show their effect."""
        if not self.can("workspace.configuration"):
            return
        folders = list(self.workspace.folders) if len(self.workspace.folders) > 1 else []
        items = [lsp.ConfigurationItem(section=SECTION)]
        items += [lsp.ConfigurationItem(section=SECTION, scope_uri=uri) for uri in folders]
        try:
            answer = await self.workspace_configuration_async(lsp.ConfigurationParams(items=items))
        except Exception as error:
            logger.warning("the client does not tell its settings: %s", error)
            return
        if not isinstance(answer, (list, tuple)) or not answer:
            logger.warning("the client does not tell its settings: its answer is no list of them")
            return
        if answer[0] is None:
            return
        told = zip(folders, answer[1:])
        by_folder = [(Path(path), said) for uri, said in told if said is not None and (path := to_fs_path(uri))]
        if self.configure(answer[0], by_folder):
            self.refresh()

    def _roots(self) -> list[Path]:
        uris: Sequence[str | None] = [folder.uri for folder in self.workspace.folders.values()]
        paths = [to_fs_path(uri) for uri in uris or [self.workspace.root_uri] if uri]
        return [Path(path) for path in paths if path]

    def _make(self, roots: Sequence[Path], python: str | None, oracle: bool) -> Analyser:
        """On the worker thread: an analyser; with a bad interpreter, one without it."""
        self.end_oracle()
        by_folder, bad, settings = dict(self._by_folder), False, self.settings

        def one(ordered: Sequence[Path]) -> Analyser:
            nonlocal bad
            own = by_folder.get(ordered[0]) if ordered else None
            try:
                analyser = self._make_analyser(ordered, own.python if own else python)
            except EnvironmentNotFound as error:
                bad = True
                self._on_loop(partial(self.complain, f"Shapelens: {error}"))
                analyser = self._make_analyser(ordered, None)
            budgets = (own or settings).budgets
            if budgets:
                analyser.limit(**dict(budgets))
            return analyser

        analyser = one(roots) if len(roots) < 2 else Folders(roots, one)
        if bad:
            return analyser  # No other torch than the one that was meant is asked.
        for complaint in analyser.complaints:
            self._on_loop(partial(self.complain, f"Shapelens: {complaint}"))
        if oracle:
            self._oracle = analyser.consult(lambda: self._on_loop(self.on_answers))
        return analyser

    def _on_loop(self, function: Callable[[], None]) -> None:
        """From another thread. The loop may be gone when the server is shutting down."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(function)

    def on_answers(self) -> None:
        """The user's torch has answered: analyses show more now."""
        self.analyses.answers_arrived()
        self.refresh_soon()

    def end_oracle(self) -> None:
        """Ask nothing more."""
        oracle, self._oracle = self._oracle, None
        if oracle is not None:
            oracle.close()

    # -- life --------------------------------------------------------------------------------------------------------

    def on_initialize(self, params: lsp.InitializeParams) -> None:
        """Before the capabilities are told."""
        self.loop = asyncio.get_running_loop()
        self.protocol.trace = params.trace or lsp.TraceValue.Off
        self.documents.encoding = _ENCODINGS.get(_value(self.workspace.position_encoding), "utf-16")
        self._initialization_options = params.initialization_options
        # Anyone on this machine may have connected to a port.
        said = is_trusted(params.initialization_options, self._roots())
        self._is_trusted = said and not self.listens
        self.shows_summaries = shows_summaries(params.initialization_options)
        if wants_status(params.initialization_options):
            self._statuses = Statuses(self)
        diagnostics.register_pull(self)

    async def on_initialized(self) -> None:
        """The client is ready to be asked."""
        self.configure(self._initialization_options)
        self.analyses.warm_up()
        if not self.can("workspace.did_change_watched_files.dynamic_registration"):
            self._look_at_disk_soon()
        # At once: a client that never answers the one may answer the other.
        await asyncio.gather(self._register_dynamically(), self.ask_configuration())

    def _look_at_disk_soon(self) -> None:
        """Where the client watches no files, look from time to time whether one has changed."""
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(_LOOK_SECONDS, lambda: loop.create_task(self._look_at_disk()))

    async def _look_at_disk(self) -> None:
        try:
            if len(self.documents) and await self.analyses.look_at_disk():
                self.refresh()
        except RuntimeError:
            return  # The worker is gone: the server is shutting down.
        except Exception:
            logger.exception("looking at the disk failed")
        self._look_at_disk_soon()

    async def _register_dynamically(self) -> None:
        registrations = []
        if self.can("workspace.did_change_watched_files.dynamic_registration"):
            watchers = lsp.DidChangeWatchedFilesRegistrationOptions(
                watchers=[lsp.FileSystemWatcher(glob_pattern=glob) for glob in ("**/*.py", "**/pyproject.toml")]
            )
            registrations.append(_registration(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, watchers))
        if self.can("workspace.did_change_configuration.dynamic_registration"):
            options = lsp.DidChangeConfigurationRegistrationOptions(section=SECTION)
            registrations.append(_registration(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, options))
        if registrations:
            try:
                await self.client_register_capability_async(lsp.RegistrationParams(registrations=registrations))
            except Exception as error:
                logger.warning("the client does not register capabilities: %s", error)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Errors go to the log: nothing pops up in the editor."""
        logger.error("%s: %s", getattr(source, "__name__", source), error)

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked us to stop."""
        return self.protocol._shutdown

    def start_io(self, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> None:
        """Serve on standard input and output, or on these files, until the client goes."""
        incoming = stdin.fileno() if stdin is not None else sys.stdin.fileno()
        outgoing = stdout.fileno() if stdout is not None else _own_output()
        with contextlib.suppress(SystemExit, KeyboardInterrupt):
            asyncio.run(self._serve(incoming, outgoing))
        self.shutdown()

    async def _serve(self, incoming: int, outgoing: int) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def end() -> None:
            with contextlib.suppress(RuntimeError):  # The loop is closed already.
                loop.call_soon_threadsafe(ended.set)

        def take(body: bytes, done: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(self._take, body, done)

        writer = wire.Writer(outgoing, end)
        self.protocol.set_writer(writer)
        wire.read(incoming, take, end)
        await ended.wait()
        writer.close()

    def _take(self, body: bytes, done: Callable[[], None]) -> None:
        try:
            self.protocol.receive(body)
        finally:
            done()

    def shutdown(self) -> None:
        """End the analyses too."""
        self.analyses.stop()
        self.end_oracle()
        super().shutdown()  # type: ignore[no-untyped-call]


def _own_output() -> int:
    """Standard output for messages alone: what anything else prints goes to the log."""
    descriptor = os.dup(sys.stdout.fileno())
    with contextlib.suppress(OSError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return descriptor


def _value(encoding: object) -> str:
    """pygls gives an enum or a plain string."""
    return str(getattr(encoding, "value", encoding))


def _registration(method: str, options: Any) -> lsp.Registration:
    return lsp.Registration(id=f"shapelens:{method}", method=method, register_options=options)


def _session(roots: Sequence[Path], python: str | None, is_trusted: bool) -> Analyser:
    from shapelens.analysis.session import Session

    session = Session(roots, python, is_trusted)
    if python is not None:
        _ = session.environment  # A bad choice is said now.
    return session


def create_server(make: MakeAnalyser | None = None) -> ShapelensServer:
    """A server that has not started. `make` makes what analyses files; by default a Session."""
    server = ShapelensServer(make)

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        server.on_initialize(params)

    @server.feature(lsp.INITIALIZED)
    async def initialized(_: lsp.InitializedParams) -> None:
        await server.on_initialized()

    @server.feature(lsp.SHUTDOWN)
    def shutdown(*_: object) -> None:
        server.analyses.stop()
        server.end_oracle()

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        server.on_save(params)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        server.on_files(params)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(_: lsp.DidChangeWorkspaceFoldersParams) -> None:
        if server._configure_analyses():
            server.refresh_soon()
        await server.ask_configuration()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        if server.can("workspace.configuration"):
            await server.ask_configuration()
        elif isinstance(params.settings, dict) and server.configure(params.settings):
            server.refresh()

    for feature in (inlay_hints, hover, code_actions, code_lens, commands):
        feature.register(server)
    return server
