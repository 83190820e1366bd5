"""`python -m nnviz_cli` is `nnviz`."""

from nnviz_cli.cli import main

if __name__ == "__main__":
    main()
