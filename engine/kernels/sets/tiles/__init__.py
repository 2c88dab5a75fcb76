"""Many parameter sets side by side, one lane of every vector each.

run: all sets of a batch; grouping: which of them share a tile; tile: what a tile is, and every section of its lanes;
piece: a few sessions of a tile; trade and fill: orders; quiet: interest and write-offs; screen: in which lanes a rule
may act; alone: lanes that go through the single simulation; measure and tally: what is kept of their NAV.

One piece in time, sessions a .. b - 1, orders only in its first one:

    open of a     pay_interest     of the nights before it, on CASH; FEE is that of the last piece
                  come_back        lanes that were alone: PARKED -> state
                  remember         state -> BEFORE, where a lane may still turn out to be in TROUBLE
    marks of a    trade_session    open, then close: value_mark fills NAV; place_orders weights (FACTOR, VOL, ALLOWED);
                                   fill_tile shares, CASH, TRADED, PAID; what it does not know sets TROUBLE
                  leave_trouble    BEFORE -> the single simulation, which goes on from the open of a
    closes of a   value_sessions   shares times prices of a .. b - 1, four sessions at once
      .. b - 1    add_cash         CASH, with the nights between; keep_fees puts that after b - 1 into FEE
                  screen           lanes in which a rule may act at any of these closes: PIECE_LOW and PIECE_HIGH
                                   against bounds, then NEAR ones session by session; those set TROUBLE
                  leave_trouble    they too go back to the open of a, and through it alone, rules and all
                  end_of_watch     PEAK and the P&L of legs at the close of b - 1
                  show_solo        NAV of lanes that are alone goes where that of the others stands
                  measure_piece    sums of returns, while NAV is in cache

A lane that is alone comes back at the end of a piece, once none of its orders waits and no rule has changed its
trade. Pieces end where cut_pieces says, before any lane is simulated: with the prices, orders and rules of its
timetable and not with its neighbours, so that each set has the same digits in any company.
"""
