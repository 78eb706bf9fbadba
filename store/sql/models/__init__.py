"""The tables. Importing this package registers every one of them on ``Row.metadata``."""

from store.sql.models.access import ApiKeyRow, AuditEntryRow, LoginAttemptRow, PersonRow, RefreshTokenRow
from store.sql.models.agencies import AgencyRow, ConnectionRow, ProducerRow
from store.sql.models.base import Row
from store.sql.models.chat import ChatRow, ChatTurnRow
from store.sql.models.commissions import (
    AccrualRow,
    CarrierLineRow,
    CarrierStatementRow,
    CommissionHoldRow,
    CommissionPayeeRow,
    CommissionPlanRow,
    CommissionPoolRow,
    CommissionRecheckRow,
    CommissionUplineRow,
    PayoutFileRow,
    PayoutRow,
    PolicyEarningRow,
    RecordChangeRow,
    ReversalRow,
)
from store.sql.models.contact import ContactRevocationRow, ContactSaltRow, ContactScrubRow, ContactVerdictRow
from store.sql.models.copilot import CopilotActionRow, CopilotEventRow, CopilotThreadRow, CopilotTurnRow, FollowUpRow
from store.sql.models.distribution import CapCountRow, PolicyRow, PoolRow, TurnRow
from store.sql.models.documents import DocumentFieldRow, DocumentRow
from store.sql.models.events import IdempotencyRow, LeadEventRow, OutboxRow
from store.sql.models.experiments import ExperimentRow
from store.sql.models.knowledge import KnowledgeDocumentRow, KnowledgePassageRow, KnowledgeTermRow
from store.sql.models.leads import DecisionRow, ImportRow, ImportRowRow, LeadRow
from store.sql.models.ledger import LedgerAccountRow, LedgerBatchRow, LedgerPostingRow
from store.sql.models.live import LiveEventRow, LiveHeadRow, LiveTicketRow, LiveWatchRow
from store.sql.models.llm_calls import LlmCallRow
from store.sql.models.messages import MessageRow, NoticeRow, PreferenceRow, PushRow, SuppressionRow, TemplateRow
from store.sql.models.network import (
    BrokerExchangeRow,
    BrokerNetworkRow,
    BrokerReferralRow,
    BrokerTeamInvitationRow,
    BrokerTeamMemberRow,
    BrokerTeamPoolingRow,
    BrokerTeamRow,
    ConnectionPeriodRow,
    NetworkEffectRow,
    NetworkTierRow,
    ReferralCreditPersonRow,
    ReferralCreditRow,
)
from store.sql.models.policies import (
    EndorsementRow,
    InsurancePolicyRow,
    PolicyChangeRow,
    PolicyEventRow,
    PolicyNoteRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    PolicyPostingRow,
    PolicyTimerRow,
)
from store.sql.models.policy_keys import PolicyBillRow, PolicyKeyRow
from store.sql.models.policy_requests import PolicyRequestRow
from store.sql.models.policy_rules import ContestRuleRow, GraceRuleRow, NoticeRuleRow, ReinstatementRuleRow
from store.sql.models.producers import ProducerChangeRow, ProducerMarkRow
from store.sql.models.routing import AssignmentRow, LoadChangeRow, ProfileRow, ReceiptRow
from store.sql.models.runs import RunRow
from store.sql.models.sharing import PromotionRow, RevenueTermsRow
from store.sql.models.sources import (
    CertificateRow,
    ConsentTextRow,
    OptInRow,
    PingRow,
    SourceCountRow,
    SourceEntryRow,
    SourceRefusalRow,
    SourceRow,
    SourceSecretRow,
)
from store.sql.models.support import SupportRequestRow
from store.sql.models.trials import WeightProposalRow
from store.sql.models.webhooks import DeliveryRow, SubscriptionRow, WebhookSecretRow

__all__ = [
    "AccrualRow",
    "AgencyRow",
    "ApiKeyRow",
    "AssignmentRow",
    "AuditEntryRow",
    "BrokerExchangeRow",
    "BrokerNetworkRow",
    "BrokerReferralRow",
    "BrokerTeamInvitationRow",
    "BrokerTeamMemberRow",
    "BrokerTeamPoolingRow",
    "BrokerTeamRow",
    "CapCountRow",
    "CarrierLineRow",
    "CarrierStatementRow",
    "CertificateRow",
    "ChatRow",
    "ChatTurnRow",
    "CommissionHoldRow",
    "CommissionPayeeRow",
    "CommissionPlanRow",
    "CommissionPoolRow",
    "CommissionRecheckRow",
    "CommissionUplineRow",
    "ConnectionPeriodRow",
    "ConnectionRow",
    "ConsentTextRow",
    "ContactRevocationRow",
    "ContactSaltRow",
    "ContactScrubRow",
    "ContactVerdictRow",
    "ContestRuleRow",
    "CopilotActionRow",
    "CopilotEventRow",
    "CopilotThreadRow",
    "CopilotTurnRow",
    "DecisionRow",
    "DeliveryRow",
    "DocumentFieldRow",
    "DocumentRow",
    "EndorsementRow",
    "ExperimentRow",
    "FollowUpRow",
    "GraceRuleRow",
    "IdempotencyRow",
    "ImportRow",
    "ImportRowRow",
    "InsurancePolicyRow",
    "KnowledgeDocumentRow",
    "KnowledgePassageRow",
    "KnowledgeTermRow",
    "LeadEventRow",
    "LeadRow",
    "LedgerAccountRow",
    "LedgerBatchRow",
    "LedgerPostingRow",
    "LiveEventRow",
    "LiveHeadRow",
    "LiveTicketRow",
    "LiveWatchRow",
    "LlmCallRow",
    "LoadChangeRow",
    "LoginAttemptRow",
    "MessageRow",
    "NetworkEffectRow",
    "NetworkTierRow",
    "NoticeRow",
    "NoticeRuleRow",
    "OptInRow",
    "OutboxRow",
    "PayoutFileRow",
    "PayoutRow",
    "PersonRow",
    "PingRow",
    "PolicyBillRow",
    "PolicyChangeRow",
    "PolicyEarningRow",
    "PolicyEventRow",
    "PolicyKeyRow",
    "PolicyNoteRow",
    "PolicyNoticeRow",
    "PolicyPaymentRow",
    "PolicyPostingRow",
    "PolicyRequestRow",
    "PolicyRow",
    "PolicyTimerRow",
    "PoolRow",
    "PreferenceRow",
    "ProducerChangeRow",
    "ProducerMarkRow",
    "ProducerRow",
    "ProfileRow",
    "PromotionRow",
    "PushRow",
    "ReceiptRow",
    "RecordChangeRow",
    "ReferralCreditPersonRow",
    "ReferralCreditRow",
    "RefreshTokenRow",
    "ReinstatementRuleRow",
    "RevenueTermsRow",
    "ReversalRow",
    "Row",
    "RunRow",
    "SourceCountRow",
    "SourceEntryRow",
    "SourceRefusalRow",
    "SourceRow",
    "SourceSecretRow",
    "SubscriptionRow",
    "SupportRequestRow",
    "SuppressionRow",
    "TemplateRow",
    "TurnRow",
    "WebhookSecretRow",
    "WeightProposalRow",
]
