import os
import signal

# A DAG of Airflow's that never is.
os.kill(os.getpid(), signal.SIGKILL)
