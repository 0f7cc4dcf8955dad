from django.urls import path

from apps.accounts.api.views import organizations, passwords, sessions, users

urlpatterns = [
    path("auth/signup", users.SignupView.as_view(), name="auth-signup"),
    path("auth/token", sessions.TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh", sessions.TokenRefreshView.as_view(), name="auth-token-refresh"),
    path("auth/token/verify", sessions.TokenVerifyView.as_view(), name="auth-token-verify"),
    path("auth/logout", sessions.LogoutView.as_view(), name="auth-logout"),
    path("auth/switch", sessions.SwitchView.as_view(), name="auth-switch"),
    path("auth/me", users.MeView.as_view(), name="auth-me"),
    path("auth/password/reset", passwords.PasswordResetView.as_view(), name="auth-password-reset"),
    path(
        "auth/password/reset/confirm", passwords.PasswordResetConfirmView.as_view(), name="auth-password-reset-confirm"
    ),
    path("auth/email/verify", users.EmailVerifyView.as_view(), name="auth-email-verify"),
    path("orgs", organizations.OrganizationsView.as_view(), name="orgs"),
    path("orgs/current", organizations.CurrentOrganizationView.as_view(), name="orgs-current"),
]
