"""Click to photon: from a click injected on one display to the changed pixel there, whatever lies between.

`target` is the program that is clicked, `click` the finger and the eye, `novnc` the peer to compare with.
"""
