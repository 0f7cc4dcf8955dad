from django.urls import path

from apps.accounts.api.views import api_keys, branding, invitations, members, organizations, passwords, sessions, users

urlpatterns = [
    path("auth/signup", users.SignupView.as_view(), name="auth-signup"),
    path("auth/token", sessions.TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh", sessions.TokenRefreshView.as_view(), name="auth-token-refresh"),
    path("auth/token/verify", sessions.TokenVerifyView.as_view(), name="auth-token-verify"),
    path("auth/logout", sessions.LogoutView.as_view(), name="auth-logout"),
    path("auth/switch", sessions.SwitchView.as_view(), name="auth-switch"),
    path("auth/sessions", sessions.SessionsView.as_view(), name="auth-sessions"),
    path("auth/sessions/<uuid:session_id>", sessions.SessionView.as_view(), name="auth-session"),
    path("auth/me", users.MeView.as_view(), name="auth-me"),
    path("auth/password/change", passwords.PasswordChangeView.as_view(), name="auth-password-change"),
    path("auth/password/reset", passwords.PasswordResetView.as_view(), name="auth-password-reset"),
    path(
        "auth/password/reset/confirm", passwords.PasswordResetConfirmView.as_view(), name="auth-password-reset-confirm"
    ),
    path("auth/email/verify", users.EmailVerifyView.as_view(), name="auth-email-verify"),
    path("auth/email/verify/resend", users.EmailVerifyResendView.as_view(), name="auth-email-verify-resend"),
    path("auth/email/change", users.EmailChangeView.as_view(), name="auth-email-change"),
    path("auth/email/change/confirm", users.EmailChangeConfirmView.as_view(), name="auth-email-change-confirm"),
    path("auth/email/change/cancel", users.EmailChangeCancelView.as_view(), name="auth-email-change-cancel"),
    path("orgs", organizations.OrganizationsView.as_view(), name="orgs"),
    path("orgs/current", organizations.CurrentOrganizationView.as_view(), name="orgs-current"),
    path("orgs/current/settings", organizations.SettingsView.as_view(), name="orgs-settings"),
    path("orgs/current/members", members.MembersView.as_view(), name="orgs-members"),
    path("orgs/current/members/<uuid:user_id>", members.MemberView.as_view(), name="orgs-member"),
    path("orgs/current/ownership", members.OwnershipView.as_view(), name="orgs-ownership"),
    path("orgs/current/roles", members.RolesView.as_view(), name="orgs-roles"),
    path("orgs/current/roles/<uuid:role_id>", members.RoleView.as_view(), name="orgs-role"),
    path("orgs/current/permissions", members.PermissionsView.as_view(), name="orgs-permissions"),
    path("orgs/current/invitations", invitations.InvitationsView.as_view(), name="orgs-invitations"),
    path("orgs/current/invitations/<uuid:invitation_id>", invitations.InvitationView.as_view(), name="orgs-invitation"),
    path(
        "orgs/current/invitations/<uuid:invitation_id>/resend",
        invitations.InvitationResendView.as_view(),
        name="orgs-invitation-resend",
    ),
    path("invitations/look", invitations.InvitationLookView.as_view(), name="invitation-look"),
    path("invitations/accept", invitations.InvitationAcceptView.as_view(), name="invitation-accept"),
    path("orgs/current/api-keys", api_keys.ApiKeysView.as_view(), name="orgs-api-keys"),
    path("orgs/current/api-keys/<uuid:key_id>", api_keys.ApiKeyView.as_view(), name="orgs-api-key"),
    path("orgs/current/api-keys/<uuid:key_id>/rotate", api_keys.ApiKeyRotateView.as_view(), name="orgs-api-key-rotate"),
    path("orgs/current/branding", branding.BrandingView.as_view(), name="orgs-branding"),
    path("orgs/current/branding/logo", branding.LogoView.as_view(), name="orgs-logo"),
    path("orgs/current/domains", branding.DomainsView.as_view(), name="orgs-domains"),
    path("orgs/current/domains/<uuid:domain_id>", branding.DomainView.as_view(), name="orgs-domain"),
    path(
        "orgs/current/domains/<uuid:domain_id>/verify", branding.DomainVerifyView.as_view(), name="orgs-domain-verify"
    ),
    path("branding", branding.HostBrandingView.as_view(), name="branding"),
    path(
        "branding/logos/<uuid:organization_id>/<str:logo_hash>.png",
        branding.LogoFileView.as_view(),
        name="branding-logo",
    ),
]
