"""A stand-in for an inference engine: it speaks the OpenAI API and exports an engine's metrics, and needs no GPU.

It takes requests into a bounded number of slots, makes the rest wait, spends a set time on the first and on each later
token, and can be told to fail, to freeze while its health endpoint still answers, to be slow or to answer nonsense.
"""
