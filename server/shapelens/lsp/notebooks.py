"""notebookDocument/*: the cells of a notebook are documents for the client, and one program for the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types as lsp

from shapelens.lsp.documents import Document, Documents, path_of
from shapelens.report.cells import Cells

OPTIONS = lsp.NotebookDocumentSyncOptions(
    notebook_selector=[
        lsp.NotebookDocumentFilterWithNotebook(notebook=kind, cells=[lsp.NotebookCellLanguage(language="python")])
        for kind in ("jupyter-notebook", "interactive")
    ],
    save=True,
)


@dataclass
class _Notebook:
    uri: str
    version: int
    cells: list[lsp.NotebookCell]


@dataclass(frozen=True)
class Joined:
    """One version of a notebook as a document, its cells, and their URIs."""

    document: Document
    cells: Cells
    uris: tuple[str, ...]


class Notebooks:
    """The open notebooks. Their cells are also among the documents; nothing that a client sends makes it raise."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._by_uri: dict[str, _Notebook] = {}
        self._joined: dict[str, Joined] = {}
        self._of_cell: dict[str, str] = {}
        self._versions = 0

    def holding(self, cell: str) -> Joined | None:
        """The notebook that a cell is in, as it is now."""
        return self._joined.get(self._of_cell.get(cell, ""))

    def by_path(self, path: str) -> Joined | None:
        """The notebook of a file."""
        return next((joined for joined in self._joined.values() if joined.document.path == path), None)

    def open(self, params: lsp.DidOpenNotebookDocumentParams) -> Joined:
        """A notebook was opened."""
        item = params.notebook_document
        notebook = self._by_uri[item.uri] = _Notebook(item.uri, item.version, [])
        for text in params.cell_text_documents:
            self._documents.open(text)
        self._arrange(notebook, item.cells)
        return self._join(notebook)

    def change(self, params: lsp.DidChangeNotebookDocumentParams) -> tuple[Joined | None, Sequence[str]]:
        """The notebook after a change, None where it is not open, and the cells that went."""
        notebook = self._by_uri.get(params.notebook_document.uri)
        if notebook is None:
            return None, ()
        notebook.version = params.notebook_document.version
        gone: list[str] = []
        changes = params.change.cells
        if changes is not None:
            if changes.structure is not None:
                structure = changes.structure
                for text in structure.did_open or ():
                    self._documents.open(text)
                gone = [closed.uri for closed in structure.did_close or ()]
                for uri in gone:
                    self._documents.close(uri)
                array = structure.array
                listed = list(notebook.cells)
                listed[array.start : array.start + array.delete_count] = array.cells or ()
                self._arrange(notebook, listed)
            for content in changes.text_content or ():
                self._documents.change(content.document, content.changes)
        return self._join(notebook), gone

    def close(self, uri: str) -> tuple[Document | None, Sequence[str]]:
        """Forget a notebook: its document, and its cells."""
        notebook, joined = self._by_uri.pop(uri, None), self._joined.pop(uri, None)
        if notebook is None or joined is None:
            return None, ()
        cells = [cell.document for cell in notebook.cells]
        for cell in cells:
            self._of_cell.pop(cell, None)
            self._documents.close(cell)
        self._documents.forget_whole(uri)
        return joined.document, cells

    def _arrange(self, notebook: _Notebook, cells: Sequence[lsp.NotebookCell]) -> None:
        for cell in notebook.cells:
            self._of_cell.pop(cell.document, None)
        notebook.cells = list(cells)
        code = [cell.document for cell in cells if cell.kind == lsp.NotebookCellKind.Code]
        self._of_cell.update(dict.fromkeys(code, notebook.uri))

    def _join(self, notebook: _Notebook) -> Joined:
        cells_there = [cell.document for cell in notebook.cells if cell.document in self._of_cell]
        found = [document for uri in cells_there if (document := self._documents.get(uri)) is not None]
        path = path_of(notebook.uri)
        cells = Cells(path, [(document.path, document.text) for document in found])
        self._versions += 1
        document = Document(notebook.uri, self._versions, cells.text)
        self._documents.put_whole(document, [each.uri for each in found])
        joined = self._joined[notebook.uri] = Joined(document, cells, tuple(each.uri for each in found))
        return joined
