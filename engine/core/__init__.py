"""The resource model as a pure state machine over values: no socket, no file, no clock, no thread.

A registration is a generator. It yields what it needs (``Check``, ``Diff``, ``Analyze``, a ``Step``), is sent
the answer, and returns what the program is told. Who drives it decides where the answers come from: providers
in a run, plain values in a test.
"""
