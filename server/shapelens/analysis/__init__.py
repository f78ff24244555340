"""Which functions are run with which inputs, what that says of a file, and what an edit invalidates."""

from shapelens.analysis.facts import Edit, Expression, Fact, FileAnalysis, Place, Problem, Shown, Span

__all__ = ["Edit", "Expression", "Fact", "FileAnalysis", "Place", "Problem", "Shown", "Span"]
