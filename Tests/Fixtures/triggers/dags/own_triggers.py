from airflow.triggers.base import BaseTrigger, TriggerEvent


class Echo(BaseTrigger):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def serialize(self):
        return "own_triggers.Echo", {"number": self.number}

    async def run(self):
        self.log.info("echo of %d", self.number)
        yield TriggerEvent(self.number)


class Raising(BaseTrigger):
    def serialize(self):
        return "own_triggers.Raising", {}

    async def run(self):
        raise ValueError("nothing to wait for")
        yield
