"""The examples in the docstrings of installed libraries: programs that run, on which nothing may be reported."""
