"""`python -m flows.cli`: the `wanflow` command where it is not on the path."""

from flows.cli import main

main()
