import os
import socket

from airflow.sdk import DAG

os.umask(0o077)
socket.setdefaulttimeout(1)
dag = DAG("sets_the_process_up")
