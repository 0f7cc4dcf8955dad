"""What the endpoints take. Columns are named, so that any CSV will do as it is."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modules.causal.engine.design import Question
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.response import Curve
from modules.causal.engine.table import MAX_CELL_CHARACTERS, MAX_CSV_CHARACTERS, MAX_ROWS, Cell, Table

Column = Annotated[str, Field(min_length=1, max_length=MAX_CELL_CHARACTERS)]


class Study(BaseModel):
    """What all analyses have: `name` and `notes` go into the memory with the finding, unless `remember` is false."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(max_length=200)] = ""
    notes: Annotated[str, Field(max_length=2_000)] = ""
    level: float = 0.95
    remember: bool = True


class Data(Study):
    """Rows come either as JSON objects or as CSV text, the first line of which names the columns."""

    rows: Annotated[list[dict[str, Cell]] | None, Field(max_length=MAX_ROWS)] = None
    csv: Annotated[str | None, Field(max_length=MAX_CSV_CHARACTERS)] = None

    def table(self) -> Table:
        if self.rows is not None and self.csv is None:
            return Table.from_rows(self.rows)
        if self.csv is not None and self.rows is None:
            return Table.from_csv(self.csv)
        raise InvalidData("/rows", "rows_or_csv", "Send the data either as `rows` or as `csv`.")


class AbTestIn(Data):
    """One row per unit; with `trials`, one row per variant, where `metric` counts the successes among the trials."""

    metric: Column
    variant: Column = "variant"
    control: Column = "control"
    trials: Column | None = None
    covariate: Column | None = None
    ordered: bool = False
    planned_size: Annotated[int, Field(ge=10, le=1_000_000_000)] = 10_000
    shares: dict[str, float] | None = None


class DidIn(Data):
    """`treatment` is 1 in the rows under treatment. `cluster` is the unit's column unless `errors` are robust."""

    metric: Column
    unit: Column = "unit"
    time: Column = "time"
    treatment: Column = "treatment"
    errors: Literal["clustered", "robust"] = "clustered"
    cluster: Column | None = None


class SyntheticControlIn(Data):
    """`treated` is the unit, `start` the first period under treatment, as they stand in the data."""

    metric: Column
    unit: Column = "unit"
    time: Column = "time"
    treated: Column
    start: Column


class MarketingMixIn(Data):
    """One row per period; `channels` and `controls` are columns, `time` puts the rows in order."""

    metric: Column
    time: Column = "time"
    channels: Annotated[list[Column], Field(min_length=1, max_length=10)]
    controls: Annotated[list[Column], Field(max_length=10)] = []
    season: Annotated[int | None, Field(ge=4, le=400)] = None
    saturation: Literal["hill", "log"] = "hill"


class Bounds(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    low: Annotated[float, Field(ge=0)] = 0.0
    high: float | None = None


@dataclass(frozen=True)
class CurveIn(Curve):
    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class DesignIn(Question):
    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)


class BudgetIn(Study):
    """`curves` are those of a marketing mix, as it answered them; spends are per period."""

    metric: Column
    budget: Annotated[float, Field(gt=0, le=1e12)]
    curves: Annotated[list[CurveIn], Field(min_length=1, max_length=10)]
    bounds: dict[str, Bounds] = {}


class IncrementalityIn(Data):
    """One row per channel. `value` is the column of the revenue of a conversion."""

    channel: Column = "channel"
    treatment_users: Column = "treatment_users"
    treatment_conversions: Column = "treatment_conversions"
    control_users: Column = "control_users"
    control_conversions: Column = "control_conversions"
    claimed: Column = "claimed"
    spend: Column = "spend"
    value: Column | None = None
