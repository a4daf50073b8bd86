"""IS IT WORTH IT: what the numbers say."""
