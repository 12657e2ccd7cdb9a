"""Forms of the stores room, one file a page: signing up, opening a store, its settings, team, keys.

They only check and clean; what follows is in the process modules of the room.
"""
