"""Volatilities where there are no quotes: a declared model of level, term, skew and width, by name and bucket."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from hedgebook.errors import InputError, ParameterError
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw
from hedgebook.universes.toml_file import find_file, name_of, read_toml, validate

from ..arrays import Floats

DEFAULT_SURFACES = Path(__file__).parents[1] / "data" / "option_surfaces.toml"
NEAR_YEARS, FAR_YEARS = 30.0 / 365.0, 1.0
DAYS_A_YEAR = 365.0
MODELLED = "modelled quotes"
Vol = Annotated[float, Field(ge=0.01, le=10)]
Yield = Annotated[float, Field(ge=-1, le=10)]


class SurfaceTerms(Value):
    """What a file of surfaces says of one name or bucket; volatilities and yields are fractions a year.

    vol_30_days, vol_365_days: at the forward, of options of that life; skew: from -0.99, puts below the forward dearer,
    to 0.99; curvature: how dear strikes far from the forward are; width_vol: half of a quoted spread in volatility;
    dividend_yield_annual, borrow_annual: continuous, of forwards; reason: why.
    """

    _error: ClassVar[type[InputError]] = ParameterError

    vol_30_days: Vol
    vol_365_days: Vol
    skew: Annotated[float, Field(ge=-0.99, le=0.99)] = 0.0
    curvature: Annotated[float, Field(ge=0.01, le=2)] = 0.5
    width_vol: Annotated[float, Field(ge=0, le=1)] = 0.02
    dividend_yield_annual: Yield = 0.0
    borrow_annual: Yield = 0.0
    reason: str = ""

    @model_validator(mode="after")
    def _without_arbitrage(self) -> Self:
        if self.curvature * (1.0 + abs(self.skew)) > 2.0:
            most = 2.0 / (1.0 + abs(self.skew))
            what = "strikes so dear could be traded against one another for a sure gain"
            raise flaw(
                what, at=("curvature",), value=self.curvature, remedy=f"Write at most {most:.3g} with that skew."
            )
        return self


@dataclass(frozen=True)
class NameSurface:
    """The modelled surface of one name: volatilities by strike, forward and years, and what a fill pays.

    terms: SurfaceTerms; half_life_years: of a short variance's distance to its long level; tick_usd: the least that a
    fill pays, USD per share; off_cycle_multiple: of the width of expiries off the third Friday. Total variance after
    Gatheral and Jacquier (2014), without arbitrage between strikes or expiries. It moves with the forward.
    """

    terms: SurfaceTerms
    half_life_years: float
    tick_usd: float
    off_cycle_multiple: float

    def forward_variance(self, years: Any) -> Floats:
        """Total variance at the forward to each of `years`; NaN where these are."""
        t = np.asarray(years, dtype=np.float64)
        short, long = _levels(self.terms, self.half_life_years)
        speed = math.log(2.0) / self.half_life_years
        return np.asarray(long * t - (short - long) * np.expm1(-speed * t) / speed)

    def vol(self, strike: Any, forward: Any, years: Any) -> Floats:
        """Annual volatilities; strike, forward (USD) and years broadcast; NaN where years is not above 0."""
        t = np.asarray(years, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(t > 0.0, t, np.nan)
            k = np.log(np.asarray(strike, dtype=np.float64) / np.asarray(forward, dtype=np.float64))
            theta = self.forward_variance(t)
            rho = self.terms.skew
            wing = self.terms.curvature / np.sqrt(theta * (1.0 + theta)) * k
            total = 0.5 * theta * (1.0 + rho * wing + np.sqrt((wing + rho) ** 2 + 1.0 - rho * rho))
            return np.asarray(np.sqrt(total / t))

    def half_width(self, vega: Any, expiry: Any = None) -> Floats:
        """What a fill pays against the middle, USD per share: max(tick, width * vega), vega per 1.00 of volatility.

        NaN where vega is. expiry: datetime64[D], broadcast with vega; other days than third Fridays are wider.
        """
        wider: Any = 1.0
        if expiry is not None:
            wider = np.where(third_friday(expiry), 1.0, self.off_cycle_multiple)
        return np.asarray(np.maximum(self.tick_usd, self.terms.width_vol * wider * np.asarray(vega)))


def third_friday(days: Any) -> Any:
    """Whether each of `days`, datetime64[D], is the third Friday of its month or the Thursday before one."""
    day = np.asarray(days, dtype="datetime64[D]")
    of_month = (day - day.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    weekday = (day.astype(np.int64) + 3) % 7  # 0 = Monday
    return ((weekday == 4) & (of_month >= 15) & (of_month <= 21)) | (
        (weekday == 3) & (of_month >= 14) & (of_month <= 20) & _holiday(day + 1)
    )


def _holiday(days: Any) -> Any:
    from hedgebook.universes.calendar import trading_calendar

    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    if not days.size:
        return np.zeros(days.shape, dtype=bool)
    return ~np.isin(days, trading_calendar(int(years.min()), int(years.max())).sessions)


@cache
def _levels(terms: SurfaceTerms, half_life_years: float) -> tuple[float, float]:
    """Daily variance (a year) now and in the long run that give both volatilities of a file."""
    speed = math.log(2.0) / half_life_years
    near, far = (-math.expm1(-speed * t) / speed for t in (NEAR_YEARS, FAR_YEARS))
    wanted = np.array([terms.vol_30_days**2 * NEAR_YEARS, terms.vol_365_days**2 * FAR_YEARS])
    short, long = np.linalg.solve(np.array([[near, NEAR_YEARS - near], [far, FAR_YEARS - far]]), wanted)
    return float(short), float(long)


class SurfaceModel(Value):
    """Modelled surfaces by `ticker`, by `bucket` and, for any other name, the `default`.

    name: of the file; rate_annual: continuous, of forwards, and rate_reason: why; half_life_days: in which the variance
    of a day goes half of its way to the long level; tick_usd: the least that a fill pays against the middle, USD per
    share; off_cycle_multiple: of the width of expiries off the third Friday, and off_cycle_reason: why.
    """

    _error: ClassVar[type[InputError]] = ParameterError

    name: str = "default"
    rate_annual: Annotated[float, Field(ge=-0.1, le=1)] = 0.0
    rate_reason: str = ""
    half_life_days: Annotated[float, Field(ge=1, le=3650)] = 60.0
    tick_usd: Annotated[float, Field(ge=0, le=10)] = 0.01
    off_cycle_multiple: Annotated[float, Field(ge=1, le=100)] = 1.0
    off_cycle_reason: str = ""
    default: SurfaceTerms
    bucket: dict[str, SurfaceTerms] = Field(default_factory=dict)
    ticker: dict[str, SurfaceTerms] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        places: dict[tuple[str, ...], SurfaceTerms] = {("default",): self.default}
        places |= {("bucket", name): terms for name, terms in self.bucket.items()}
        places |= {("ticker", name): terms for name, terms in self.ticker.items()}
        for at, terms in places.items():
            if min(_levels(terms, self.half_life_days / DAYS_A_YEAR)) < 0.0:
                what = "variance would fall with time between these two lives"
                remedy = "Bring vol_30_days and vol_365_days closer together."
                raise flaw(what, at=(*at, "vol_365_days"), value=terms.vol_365_days, remedy=remedy)
        return self

    @property
    def label(self) -> str:
        """What every output calls quotes of this model."""
        return f"{MODELLED} (option surfaces {self.name})"

    def of(self, ticker: str, bucket: str | None = None) -> NameSurface:
        """The surface of a name: that of `ticker`, else of `bucket`, else the default."""
        terms = self.ticker.get(ticker) or self.bucket.get(bucket or "") or self.default
        return NameSurface(terms, self.half_life_days / DAYS_A_YEAR, self.tick_usd, self.off_cycle_multiple)


def load_surfaces(name_or_path: str | Path | SurfaceModel = "default") -> SurfaceModel:
    """The modelled surfaces that are shipped, or those of a user's TOML file laid out as the shipped one.

    name_or_path: "default", a path, or a SurfaceModel, which is given back. Raises ParameterError for any other.
    """
    if isinstance(name_or_path, SurfaceModel):
        return name_or_path
    shipped = {"default": DEFAULT_SURFACES}
    return _read(find_file(name_or_path, shipped, kind="option surfaces", error=ParameterError))


def _read(path: Path) -> SurfaceModel:
    raw = read_toml(path, error=ParameterError)
    return validate(SurfaceModel, {"name": name_of(path, stem=True), **raw}, path=path, error=ParameterError)
