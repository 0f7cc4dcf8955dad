"""Starts what the platform stands on: PostgreSQL and Redis, embedded, unless their addresses are given."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

from deploy.dev.postgres import Postgres
from deploy.dev.redis_server import RedisServer
from deploy.dev.state import generated_secrets, read_env, write_env

DATABASE = "liftos"


@dataclass(frozen=True)
class Services:
    """The embedded services over one state folder.

    `start` returns the environment that reaches them, and keeps it in `<state>/dev.env`. An address that is already in
    the environment is used as it is, and that service is not started.
    """

    state: Path
    durable: bool = True

    def start(self) -> dict[str, str]:
        self.state.mkdir(parents=True, exist_ok=True)
        env_file = self.state / "dev.env"
        values = {**generated_secrets(), **read_env(env_file)}
        if not (url := os.environ.get("DATABASE_URL")):
            url = self._start_postgres(values)
        values["DATABASE_URL"] = url
        if not (url := os.environ.get("REDIS_URL")):
            redis = self._redis()
            port = redis.start(int(values.get("REDIS_PORT", "0")))
            values["REDIS_PORT"], url = str(port), redis.url(port)
        values["REDIS_URL"] = url
        write_env(env_file, values)
        return values

    def stop(self) -> None:
        self._redis().stop()
        self._postgres("").stop()

    def _start_postgres(self, values: dict[str, str]) -> str:
        postgres = self._postgres(values["POSTGRES_PASSWORD"])
        # The password must be on disk before the database that wants it.
        write_env(self.state / "dev.env", values)
        port = postgres.start(int(values.get("POSTGRES_PORT", "0")))
        values["POSTGRES_PORT"] = str(port)
        with psycopg.connect(postgres.url(port, "postgres"), autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                server.execute(f"CREATE DATABASE {DATABASE}")
        return postgres.url(port, DATABASE)

    def _postgres(self, password: str) -> Postgres:
        return Postgres(self.state / "postgres", self.state / "postgres.log", password, self.durable)

    def _redis(self) -> RedisServer:
        return RedisServer(self.state / "redis", self.durable)
