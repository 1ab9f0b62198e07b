"""`nerve serve` that takes a worker for dead when it stands still for two seconds."""

from deploy.commands import cli
from deploy.gateway import workers

if __name__ == "__main__":
    workers.STILL_S = 2.0
    cli.main()
