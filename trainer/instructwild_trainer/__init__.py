"""Models: SFT, rewards from K-way rankings, DPO, PPO with PTX; evaluation, export, serving, chat."""
