import os

# Piccolo finds its engine and registry through this name.
os.environ.setdefault("PICCOLO_CONF", "app.piccolo_conf")
