"""Neither word that Airflow looks for is in this file."""
VALUE = 1
