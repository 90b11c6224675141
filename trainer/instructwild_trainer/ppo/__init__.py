"""PPO with PTX (Ouyang et al. 2022, section 3.5), small enough to read.

The mathematics is pure functions (`masked`, `rewards`, `kl`, `advantages`, `loss`, `ptx`); the loop calls them in the order
of the paper: roll out, score, advantages, several epochs of policy, value and PTX loss summed.
"""
