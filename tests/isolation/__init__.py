"""The isolation crawler: two stores full of canaries, every address and task, every kind of caller.

`matrix.py` is the written list of who may open what; `scene.py` makes the stores; `routes.py` reads what there really is;
`probing.py` asks and looks for leaks. A route, admin page or task that is missing from the matrix fails.
"""
