"""What we offered at what price, in versions, and what others offered: models, amounts, commands, service, bids."""
