# Moto's server with a bucket from its first moment on: `server.py <port> <bucket>`.

import sys

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import main

port, bucket = sys.argv[1:]
s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(bucket, "us-east-1")
main(["-H", "127.0.0.1", "-p", port])
