"""Training: SFT, the reward model on K-way rankings, PPO with PTX, quantized export, serving."""
