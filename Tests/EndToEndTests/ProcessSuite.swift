import Testing

/// Everything that runs the real binary, one test after the other: each of them wants the machine for itself.
@Suite(.serialized) enum ProcessTests {}
