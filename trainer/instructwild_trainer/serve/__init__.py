"""An OpenAI-compatible service and a web chat over models that run in this process."""
