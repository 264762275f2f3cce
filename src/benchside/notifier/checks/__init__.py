"""Host checks: each looks at one thing of this PC and says what is on and what is off, never what it cannot know.

May import the watch's contract, protocol, platform, settings and logs.  A check's own modules are imported in the
worker, and only when it is on: `worker.make` builds them from `options.ChecksSettings`.
"""
