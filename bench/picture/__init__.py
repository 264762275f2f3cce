"""The picture, measured on the engineer's screen: Benchside and its peers on the same displays, lines and work.

`line` and `shaper` are the line, `work` is what happens on the PC, `eye` looks at the engineer's display, and
`viewing` sets up each product; the parts of the benchmark stand on these.
"""
