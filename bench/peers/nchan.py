"""The peer in C: nginx with the push module nchan, as Debian packages them."""

import shutil
from pathlib import Path

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

MISSING = (
    "nchan is missing: install the packages nginx and libnginx-mod-nchan (`make nchan` does it for root on Debian)"
)

# One worker, as the others have one process. What it holds in memory for a message is shared by all subscribers.
CONFIGURATION = """
load_module {module};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
worker_rlimit_nofile {files};
events {{
  worker_connections {files};
}}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_buffer_size 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_shared_memory_size 512M;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location = /health {{
      return 200 "ok";
    }}
    location ~ ^/publish/(\\d+)$ {{
      nchan_publisher;
      nchan_channel_id $1;
      nchan_message_buffer_length 2000;
      nchan_message_timeout 1m;
    }}
    location ~ ^/events/(\\d+)$ {{
      nchan_subscriber eventsource;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"""


def is_installed() -> bool:
    return MODULE.exists() and _nginx() is not None


def command(folder: Path, port: int, files: int) -> list[str]:
    """Writes the configuration, and answers how to start it."""
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(module=MODULE, folder=folder, port=port, files=files))
    nginx = _nginx()
    assert nginx
    return [nginx, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]


def _nginx() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
