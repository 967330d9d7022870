"""Answers about the models of this computer: which there are, how they come, how they are loaded."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.adapters.local_models import need_of
from app.adapters.model_library import ModelList
from app.adapters.model_offers import look_at
from app.adapters.model_records import MeasuredSpeed
from app.adapters.model_setup import ModelSetup
from app.adapters.model_uses import ModelUses
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.processes.account_answers import Answers, not_saved
from app.processes.messages import (
    AddModelFile,
    Counted,
    Done,
    DownloadModel,
    EstimateModel,
    GetModels,
    GetModelUses,
    LookAtModel,
    MeasureModel,
    ModelLookedAt,
    ModelNamed,
    RemoveModel,
    SetUpModel,
    SteerDownload,
    UnloadModel,
)


class ModelAnswers:
    """Files and servers may be slow, so every answer is awaited."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def answers(self) -> Answers:
        """What answers which request."""
        return {
            GetModels: self._models,
            LookAtModel: self._look_at,
            DownloadModel: self._download,
            SteerDownload: self._steer,
            AddModelFile: self._add,
            GetModelUses: self._uses,
            RemoveModel: self._remove,
            SetUpModel: self._set_up,
            EstimateModel: self._estimate,
            MeasureModel: self._measure,
            UnloadModel: self._unload,
        }

    async def _models(self, _: GetModels) -> ModelList:
        outside = self._engine.outside
        outside.library.digest_all()
        return ModelList(
            await outside.library.entries(),
            outside.downloads.transfers(),
            await outside.local_models.memory(),
        )

    async def _look_at(self, asked: LookAtModel) -> ModelLookedAt:
        offer = await look_at(self._engine.outside.egress, asked.url, asked.digest)
        needs = need_of(ModelSetup(""), offer.facts).total if offer.facts.shape.weights else 0
        return ModelLookedAt(offer, needs)

    async def _download(self, asked: DownloadModel) -> ModelNamed:
        try:
            return ModelNamed(self._engine.outside.downloads.start(asked.offer))
        except OSError as error:
            raise not_saved(error) from error

    async def _steer(self, asked: SteerDownload) -> Done:
        downloads = self._engine.outside.downloads
        match asked.deed:
            case "pause":
                await downloads.pause(asked.name)
            case "resume":
                downloads.resume(asked.name)
            case "cancel":
                await downloads.cancel(asked.name)
        return Done()

    async def _add(self, asked: AddModelFile) -> ModelNamed:
        try:
            file = await asyncio.to_thread(self._engine.outside.model_files.add, Path(asked.path))
        except OSError as error:
            raise not_saved(error) from error
        return ModelNamed(file.name)

    async def _uses(self, asked: GetModelUses) -> ModelUses:
        return await self._engine.uses_of_model(asked.name)

    async def _remove(self, asked: RemoveModel) -> Done:
        try:
            await self._engine.outside.remove_model(asked.name)
        except OSError as error:
            raise ProblemError(
                Problem("model.not_removed", args={"model": asked.name, "detail": error.strerror or ""})
            ) from error
        return Done()

    async def _set_up(self, asked: SetUpModel) -> Done:
        try:
            await self._engine.outside.set_up_model(asked.name, asked.context, asked.slots, asked.adapters)
        except OSError as error:
            raise not_saved(error) from error
        return Done()

    async def _estimate(self, asked: EstimateModel) -> Counted:
        library = self._engine.outside.library
        return Counted(await library.need(asked.name, asked.context, asked.slots, asked.adapters))

    async def _measure(self, asked: MeasureModel) -> MeasuredSpeed:
        try:
            return await self._engine.measure_model(asked.name)
        except OSError as error:
            raise not_saved(error) from error

    async def _unload(self, asked: UnloadModel) -> Done:
        await self._engine.outside.local_models.unload(asked.name)
        return Done()
