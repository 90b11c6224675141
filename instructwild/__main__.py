"""`python -m instructwild` is the `instructwild` command."""

from instructwild.cli import main

if __name__ == "__main__":
    main()
