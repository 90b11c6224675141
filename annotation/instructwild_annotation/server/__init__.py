"""The embedded Argilla: its environment, and starting and stopping it. `inside/` runs in that environment, not in ours."""
