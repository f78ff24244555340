"""Several workspace folders: each has an analyser of its own, with its own interpreter and configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shapelens.analysis.adopting import Adoption
from shapelens.analysis.facts import FileAnalysis, Problem
from shapelens.lsp.analyses import Analyser, Closable

if TYPE_CHECKING:
    from shapelens.analysis.session import InputSpec, SummaryResult


class Folders:
    """An analyser that asks the one of the folder that a file is in; the first for files that are in none."""

    def __init__(self, roots: Sequence[Path], make: Callable[[Sequence[Path]], Analyser]) -> None:
        # Each folder sees the others too: what stands first is the project.
        self._folders = [(root, make([root, *(other for other in roots if other != root)])) for root in roots]

    def _of(self, path: str) -> Analyser:
        inside = [(root, each) for root, each in self._folders if Path(path).is_relative_to(root)]
        return max(inside, key=lambda folder: len(folder[0].parts), default=self._folders[0])[1]

    @property
    def _all(self) -> list[Analyser]:
        return [analyser for _, analyser in self._folders]

    def update(self, path: str, text: str | None) -> None:
        """Tell every folder: any may follow the file."""
        for analyser in self._all:
            analyser.update(path, text)

    def analyse(
        self, path: str, cancelled: Callable[[], bool] = lambda: False, *, thorough: bool = True
    ) -> FileAnalysis:
        """All that is known of a file; unless `thorough`, what most likely shows nothing may be left out."""
        return self._of(path).analyse(path, cancelled, thorough=thorough)

    def mended(
        self, analysis: FileAnalysis, problem: Problem, seconds: float, cancelled: Callable[[], bool] | None = None
    ) -> Problem:
        """The problem with its fixes."""
        return self._of(analysis.path).mended(analysis, problem, seconds, cancelled)

    def adopted(self, analysis: FileAnalysis, line: int) -> Adoption | None:
        """The annotations for the function whose head is on the line."""
        return self._of(analysis.path).adopted(analysis, line)

    def summarise(
        self,
        target: str,
        entry: str,
        inputs: Sequence[InputSpec],
        flows: bool = False,
        cancelled: Callable[[], bool] | None = None,
        *,
        thorough: bool = True,
    ) -> SummaryResult:
        """The layers of a model of a file."""
        return self._of(target).summarise(target, entry, inputs, flows, cancelled, thorough=thorough)

    def files_changed(self, paths: Sequence[str]) -> None:
        """Files changed on disk."""
        for analyser in self._all:
            analyser.files_changed(paths)

    def learn_slowly(self) -> bool:
        """Look for imports that were not found; whether there is more to see now."""
        found = [analyser.learn_slowly() for analyser in self._all]
        return any(found)

    def look_at_disk(self) -> bool:
        """Whether files changed on disk since they were read."""
        found = [analyser.look_at_disk() for analyser in self._all]
        return any(found)

    @property
    def complaints(self) -> Sequence[str]:
        """What is not valid in the configurations."""
        return [complaint for analyser in self._all for complaint in analyser.complaints]

    def limit(self, **budgets: int | None) -> None:
        """Budgets in bytes that count before those of the projects."""
        for analyser in self._all:
            analyser.limit(**budgets)

    def consult(self, arrived: Callable[[], None]) -> Closable | None:
        """Ask the torch of each folder; what ends that."""
        oracles = [oracle for analyser in self._all if (oracle := analyser.consult(arrived)) is not None]
        return _All(oracles) if oracles else None


class _All:
    def __init__(self, closables: Sequence[Closable]) -> None:
        self._closables = closables

    def close(self) -> None:
        """End each."""
        for closable in self._closables:
            closable.close()
