"""Many parameter sets side by side, one lane of every vector each.

tile: what a tile is; run: all sets of a batch; piece: a few sessions of a tile, in the order in which things happen;
alone: lanes that go through the single simulation; screen: in which lanes a rule may act.
"""
