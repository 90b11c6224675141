"""Text from a causal language model, a token at a time for many rows: the one decoding loop of the project.

`llm.local`, `serve`, PPO's rollouts and the answers that trainers show all use it; decision 31 says why it is our own.
"""
