"""GGUF, the format of llama.cpp, Ollama and LM Studio: written, packed, described by a Modelfile, and read back."""
