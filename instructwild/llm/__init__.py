"""Every request to a model, by HTTP or in this process: names, prices, budget, the ledger of replies, generation."""
