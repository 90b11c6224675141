"""The command line: options that commands share, progress, lazy groups of commands."""
