"""Studies of patients that a model looks at before people do."""
