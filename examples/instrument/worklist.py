"""The table of samples: a model over the analyser's rack and a progress bar painted in its cells."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from examples.instrument.analyser import Analyser, Sample, SampleStatus

COLUMNS = ("Pos", "Sample", "Test", "Status", "Progress", "Result")
WIDTHS_PX = (50, 80, 86, 80, 64, 44)
PROGRESS = COLUMNS.index("Progress")
STATUS = COLUMNS.index("Status")
STATUS_COLOURS = {
    SampleStatus.WAITING: QColor("#5b6b7a"),
    SampleStatus.MEASURING: QColor("#0b6bcb"),
    SampleStatus.DONE: QColor("#1b7f3b"),
    SampleStatus.REPEAT: QColor("#b4530a"),
}
Index = QModelIndex | QPersistentModelIndex


class WorklistModel(QAbstractTableModel):
    """Reads the rack as it is; `refresh` says that it has changed."""

    def __init__(self, analyser: Analyser) -> None:
        super().__init__()
        self._analyser = analyser
        self._shown = -1

    def refresh(self) -> None:
        if self._shown != len(self._analyser.samples):
            self.beginResetModel()
            self._shown = len(self._analyser.samples)
            self.endResetModel()
            return
        self.dataChanged.emit(self.index(0, 0), self.index(self._shown - 1, len(COLUMNS) - 1))

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return len(self._analyser.samples)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return COLUMNS[section] if orientation == Qt.Orientation.Horizontal else section + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        sample = self._analyser.samples[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text_of(sample, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == STATUS:
            return STATUS_COLOURS[sample.status]
        if role == Qt.ItemDataRole.UserRole:
            return sample.progress
        return None


def text_of(sample: Sample, column: int) -> str:
    return (
        sample.position,
        sample.number,
        sample.test,
        sample.status.value,
        f"{sample.progress * 100:.0f} %",
        sample.result,
    )[column]


class ProgressBarDelegate(QStyledItemDelegate):
    """Paints a share from 0 to 1 as a bar with its percentage."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = float(index.data(Qt.ItemDataRole.UserRole))
        rect: QRect = option.rect
        bar = rect.adjusted(4, 5, -4, -5)
        painter.fillRect(bar, QColor("#e3e9ef"))
        full = bar.adjusted(0, 0, 0, 0)
        full.setWidth(round(bar.width() * share))
        painter.fillRect(full, QColor("#1b7f3b" if share >= 1 else "#3a8fe0"))
        painter.setPen(QColor("#ffffff" if share > 0.55 else "#33414e"))
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, f"{share * 100:.0f} %")


def make_worklist(model: WorklistModel) -> QTableView:
    table = QTableView()
    table.setAccessibleName("Worklist")
    table.setModel(model)
    table.setItemDelegateForColumn(PROGRESS, ProgressBarDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(22)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    for column, width_px in enumerate(WIDTHS_PX):
        table.setColumnWidth(column, width_px)
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setHighlightSections(False)
    return table
