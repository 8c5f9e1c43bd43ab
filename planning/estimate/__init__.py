"""How fast a model answers on given hardware: one contract, two estimators."""
