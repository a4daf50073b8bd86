"""Values in the wild's forms: text, numbers, amounts, moments, yes and no. Each reader gives a value, None for nothing, or a `Bad`."""
